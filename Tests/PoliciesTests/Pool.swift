import Policies
import Vocabulary

/// A pool of workers to choose among, as a loop would hand it to a policy.
struct Pool {
  var workers: [WorkerSnapshot]

  /// Workers with these ids and nothing to do.
  init(ids: some Sequence<Int>) {
    workers = ids.map { Pool.worker($0, requests: 0, tokens: 0) }
  }

  /// Workers 0, 1, 2, … with these loads.
  init(loads: [(requests: Int, tokens: Int)]) {
    workers = loads.enumerated().map {
      Pool.worker($0.offset, requests: $0.element.requests, tokens: $0.element.tokens)
    }
  }

  static func worker(_ id: Int, requests: Int, tokens: Int) -> WorkerSnapshot {
    WorkerSnapshot(
      id: WorkerID(number: UInt32(id)), role: .both, requestsInFlight: requests,
      tokensInFlight: TokenCount(tokens))
  }

  /// What `policy` chooses now.
  func choice(
    of policy: inout some Policy, _ generator: inout SplitMix64,
    for request: RequestTraits = RequestTraits(promptTokens: TokenCount(100))
  ) -> Choice? {
    workers.withUnsafeBufferPointer {
      policy.choose(for: request, among: $0, using: &generator)
    }
  }

  /// The id that `policy` chooses now.
  func chosenID(of policy: inout some Policy, _ generator: inout SplitMix64) -> Int? {
    choice(of: &policy, &generator).map { Int(workers[$0.index].id.number) }
  }

  /// How often each place is chosen in `draws` choices.
  func shares(
    of policy: inout some Policy, draws: Int, _ generator: inout SplitMix64
  ) -> [Int] {
    var shares = [Int](repeating: 0, count: workers.count)
    for _ in 0..<draws {
      if let choice = choice(of: &policy, &generator) { shares[choice.index] += 1 }
    }
    return shares
  }
}

/// Pearson's statistic of counts that should all be equal.
func chiSquare(_ counts: [Int]) -> Double {
  let expected = Double(counts.reduce(0, +)) / Double(counts.count)
  return counts.reduce(0) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected }
}
