import KVTransfer
import PDRouter
import Simulation
import Testing
import Vocabulary

/// The essentials once more over loopback sockets: what the simulated network cannot vouch for.
@Suite struct SocketTests {
  private static let requests: [FleetRequest] = [
    .chat("tell me a story about the sea"),
    .chat("tell me a story about the hills", streams: true),
    .completion("once upon a time"),
    .completion("they lived happily", maxTokens: 20, streams: true),
  ]

  @Test(arguments: [false, true])
  func `split requests are answered as one engine would answer them`(isHTTP2: Bool) throws {
    let plan = SocketPlan.split(2, 2, Self.requests.map { SocketCall($0) })
    let run = plan.overHTTP2(isHTTP2).run()
    #expect(run.faults == [])
    let oracle = try AnswerOracle(Self.requests)
    for (request, answers) in zip(Self.requests, run.answers) {
      #expect(answers.count == 1 && answers[0].isWhole && answers[0].status == 200)
      #expect(answers.map { GeneratedAnswer($0) } == [oracle.answer(to: request)])
    }
    #expect(run.visits.map(\.count) == [2, 2, 2, 2])
    #expect(run.handles.consumed == 4)
    #expect(run.exports.reduce(0) { $0 + $1.consumed } == 4)
  }

  @Test(arguments: [false, true])
  func `a single pool answers the same`(isHTTP2: Bool) throws {
    let plan = SocketPlan.pool(2, Self.requests.map { SocketCall($0) })
    let run = plan.overHTTP2(isHTTP2).run()
    #expect(run.faults == [])
    let oracle = try AnswerOracle(Self.requests)
    for (request, answers) in zip(Self.requests, run.answers) {
      #expect(answers.map { GeneratedAnswer($0) } == [oracle.answer(to: request)])
    }
    #expect(run.visits.map(\.count) == [2, 2] && run.handles == KVLedgerCounts())
  }

  @Test func `two requests sent ahead on one connection are answered in order`() throws {
    var first = Self.requests[1]
    first.keepsAlive = true
    let run = SocketPlan.split(1, 1, [SocketCall(first, next: Self.requests[2])]).run()
    #expect(run.faults == [])
    let answers = try #require(run.answers.first)
    #expect(answers.map { $0.field("x-request-id") } == ["call-0", "next-0"])
    let oracle = try AnswerOracle([first, Self.requests[2]])
    #expect(
      answers.map { GeneratedAnswer($0) }
        == [oracle.answer(to: first), oracle.answer(to: Self.requests[2])])
  }

  @Test(arguments: [0, 1, 400, 2000], [false, true])
  func `a client that leaves frees both engines`(_ byteCount: Int, isHTTP2: Bool) throws {
    let request = FleetRequest.chat(
      String(repeating: "a long prompt ", count: 100), maxTokens: 500, streams: true,
      extra: #","ignore_eos":true"#)
    let neighbour = FleetRequest.chat("stay", streams: true)
    let run = SocketPlan.split(
      1, 1, [SocketCall(request, hangUpAfter: byteCount), SocketCall(neighbour)]
    ).overHTTP2(isHTTP2).run()
    #expect(run.faults == [])
    #expect(
      run.answers[1].map { GeneratedAnswer($0) }
        == [try AnswerOracle([neighbour]).answer(to: neighbour)])
  }

  @Test(
    arguments: [
      (0, EngineFault.Kind.die(.request)), (0, .die(.accept)), (0, .die(.afterHead)),
      (2, .die(.request)), (2, .die(.accept)), (2, .refuse), (2, .die(.afterTokens(0))),
    ], [false, true])
  func `another engine takes over from one that dies`(
    _ misfortune: (engine: Int, fault: EngineFault.Kind), isHTTP2: Bool
  ) throws {
    let request = FleetRequest.chat("who answers", streams: true)
    var plan = SocketPlan.split(2, 2, [SocketCall(request)])
    plan.fault = (misfortune.engine, misfortune.fault)
    let run = plan.overHTTP2(isHTTP2).run()
    #expect(run.faults == [])
    #expect(run.answers.count == 1)
    #expect(
      run.answers[0].map { GeneratedAnswer($0) }
        == [try AnswerOracle([request]).answer(to: request)])
  }

  @Test func `a stream that its engine breaks off ends with an error event`() throws {
    let request = FleetRequest.chat("to be continued", streams: true)
    var plan = SocketPlan.split(1, 1, [SocketCall(request)])
    plan.fault = (1, .truncate(afterTokens: 3))
    let run = plan.run()
    #expect(run.faults == [])
    let answer = try #require(run.answers.first?.first)
    #expect(answer.isWhole && answer.status == 200 && answer.events.last == "[DONE]")
    let generated = GeneratedAnswer(answer)
    #expect(generated.errorCode == "worker_connection_broken")
    let right = try AnswerOracle([request]).answer(to: request)
    #expect(generated.texts.count == 1 && right.texts[0].hasPrefix(generated.texts[0]))
  }

  @Test func `a body of megabytes reaches the engine byte for byte`() throws {
    var generator = SplitMix64(seed: 7)
    let bytes = (0..<2_000_000).map { _ in UInt8.random(in: 32...126, using: &generator) }
    let body = String(decoding: bytes, as: UTF8.self)
    let run = SocketPlan.split(1, 1, [SocketCall(FleetRequest("PUT", "/any/thing", body: body))])
      .run()
    #expect(run.faults == [])
    #expect(run.visits[1].first?.text == body)
    #expect(run.answers.first?.first?.status == 404)
  }

  @Test(arguments: [20_000, 70_000, 100_000, 300_000])
  func `a large prompt reaches the engine byte for byte, and another request after it`(
    _ count: Int
  ) throws {
    let words = String(repeating: "a long tale \\n", count: count / 14)
    let body = #"{"model":"sim","messages":[{"role":"user","content":"\#(words)"}],"max_tokens":1}"#
    var first = FleetRequest("POST", "/v1/chat/completions", body: body)
    first.keepsAlive = true
    let run = SocketPlan.pool(1, [SocketCall(first, next: Self.requests[0])]).run()
    #expect(run.faults == [])
    #expect(run.visits[0].first?.text == body)
    #expect(run.answers.first?.map(\.isWhole) == [true, true])
    let oracle = try AnswerOracle([Self.requests[0]])
    #expect(
      run.answers.first?.last.map { GeneratedAnswer($0) } == oracle.answer(to: Self.requests[0]))
  }

  @Test func `a hundred clients at once all get their own answer`() throws {
    let requests = (0..<100).map { FleetRequest.chat("number \($0)", streams: $0 % 2 == 0) }
    let run = SocketPlan.split(2, 2, requests.map { SocketCall($0) }).run()
    #expect(run.faults == [])
    let oracle = try AnswerOracle(requests)
    let wrong = zip(requests, run.answers).filter { request, answers in
      answers.map { GeneratedAnswer($0) } != [oracle.answer(to: request)]
    }
    #expect(wrong.isEmpty)
    #expect(run.handles.consumed == 100)
  }
}
