import Policies
import Vocabulary

/// One decision by threshold, and by cost with what was learned of 256 workers; one lesson.
func deciderBenchmarks() -> [(name: String, bytes: Int, run: (_ iterations: Int) -> Void)] {
  let plain = DisaggregationDecider(name: .threshold)
  let taught = taughtDecider()
  return [
    (name: "decider threshold", bytes: 0, run: { decideRepeatedly(plain, $0) }),
    (name: "decider cost", bytes: 0, run: { decideRepeatedly(taught, $0) }),
    (name: "decider lesson", bytes: 0, run: { learnRepeatedly(taught, $0) }),
  ]
}

private let workers = 256 as UInt32

/// Shows both ways often enough for every worker to be known by itself.
private func taughtDecider() -> DisaggregationDecider {
  var decider = DisaggregationDecider(name: .cost)
  for lesson in 0..<32 {
    for number in 0..<workers {
      let tokens = TokenCount((lesson * 37 % 32) * 128)
      let took = Duration.microseconds(20_000 + 90 * tokens.number)
      let worker = WorkerID(number: number)
      decider.note(
        .servedWhole(
          worker: worker, uncached: tokens, queuedAhead: .zero, activeDecodes: lesson, took: took))
      decider.note(
        .prefillDone(worker: worker, uncached: tokens, queuedAhead: .zero, took: took * 0.5))
      decider.note(
        .handOver(
          prefill: worker, decode: worker, tokens: tokens, isColdPair: false,
          took: .milliseconds(40)))
    }
  }
  return decider
}

private func decideRepeatedly(_ initial: DisaggregationDecider, _ iterations: Int) {
  var decider = initial
  var splits = 0
  for iteration in 0..<iterations {
    let worker = WorkerID(number: UInt32(truncatingIfNeeded: iteration) % workers)
    var question = DisaggregationQuestion(
      promptTokens: TokenCount(iteration & 4095), prefill: worker, decode: worker)
    question.activeDecodes = iteration & 15
    if decider.decide(question).isSplit { splits &+= 1 }
  }
  precondition(splits <= iterations)
}

private func learnRepeatedly(_ initial: DisaggregationDecider, _ iterations: Int) {
  var decider = initial
  for iteration in 0..<iterations {
    let tokens = iteration & 4095
    decider.note(
      .servedWhole(
        worker: WorkerID(number: UInt32(truncatingIfNeeded: iteration) % workers),
        uncached: TokenCount(tokens), queuedAhead: TokenCount(iteration & 1023),
        activeDecodes: iteration & 31, took: .microseconds(20_000 + 90 * tokens)))
  }
  precondition(decider.name == .cost)
}
