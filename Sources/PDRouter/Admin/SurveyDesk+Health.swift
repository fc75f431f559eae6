internal import JSONFields
internal import Policies
internal import Vocabulary
internal import Wire

// `GET /health_generate`: an engine, or a pair of them, that generates a token.
extension SurveyDesk {
  /// Asks the first worker, or a pair that the policies choose; an engine that does not know the
  /// question (vLLM) is asked for its health.
  func checkGenerating(_ exchange: Exchange) {
    guard router.isDisaggregated else {
      guard let first = registry.workers.first(where: \.isEligible) else {
        OwnAnswers.noWorker(exchange)
        return
      }
      checkGenerating(exchange, [first]) { SurveyDesk.relay($1.first, to: $0) }
      return
    }
    var traits = RequestTraits(promptTokens: .zero)
    guard let pair = router.choosePair(for: &traits, except: TriedWorkers()) else {
      OwnAnswers.noWorker(exchange, "No healthy worker pair is available.")
      return
    }
    checkGenerating(exchange, [pair.prefill.worker, pair.decode.worker]) {
      SurveyDesk.tellPair($1, to: $0)
    }
  }

  private func checkGenerating(
    _ exchange: Exchange, _ workers: [Worker],
    whenEnded: @escaping (Exchange, [WorkerSurvey.Reply]) -> Void
  ) {
    let fields = authorization(of: exchange)
    let held = HeldAnswer(exchange)
    let limit = router.configuration.timeouts.request
    ask(
      .init(path: "/health_generate", fields: fields, timeout: limit, limit: limit), of: workers,
      for: held
    ) { replies in
      let others = replies.filter { $0.status == 404 }.map(\.worker)
      guard !others.isEmpty else { return held.answer { whenEnded($0, replies) } }
      let timeout = router.configuration.health.timeout
      let question = WorkerSurvey.Question(
        path: router.configuration.health.path, fields: fields, timeout: timeout)
      ask(question, of: others, for: held) { second in
        let known = replies.filter { $0.status != 404 }
        held.answer { exchange in
          whenEnded(
            exchange,
            workers.compactMap { worker in
              (known + second).first { $0.worker === worker }
            })
        }
      }
    }
  }

  private static func tellPair(_ replies: [WorkerSurvey.Reply], to exchange: Exchange) {
    let failed = replies.filter { !$0.isSuccess }
    guard failed.isEmpty else {
      let causes = failed.map { reply in
        "\(reply.worker.role): \(reply.status.map { "status \($0)" } ?? "no answer")"
      }
      OwnAnswers.noWorker(
        exchange, "Health generate failed: [\(causes.joined(separator: ", "))]")
      return
    }
    let names = replies.map { "\($0.worker.role)=\($0.worker.url)" }.joined(separator: ", ")
    OwnAnswers.respond(exchange, text: "Health generate passed on selected pair: \(names)")
  }
}
