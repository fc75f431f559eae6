import Policies
import Vocabulary

/// One worker's figures as a table of tests writes them, only those that matter there.
struct Figures: Sendable {
  var requests = 0
  var tokens = 0
  var foreign: Int?
  var kvUsage = 0.0
  var speed = 0.0
  var isCold = false
  var share = 1.0
  var cached = 0

  /// The figures as a policy sees them.
  func snapshot(_ number: Int) -> WorkerSnapshot {
    var snapshot = Pool.worker(number, requests: requests, tokens: tokens)
    snapshot.isColdPair = isCold
    snapshot.share = share
    snapshot.cachedBlocks = cached
    if let foreign {
      snapshot.reported = ReportedLoad(
        foreignRequests: foreign, kvUsage: kvUsage, tokensPerSecond: speed)
    }
    return snapshot
  }
}

extension Pool {
  /// Workers 0, 1, 2, … with these figures.
  init(_ figures: [Figures]) {
    self.init(ids: [])
    workers = figures.enumerated().map { $0.element.snapshot($0.offset) }
  }

  /// Counts a request of `tokens` in at `index`.
  mutating func reserve(_ index: Int, tokens: Int) {
    workers[index].requestsInFlight += 1
    workers[index].tokensInFlight = workers[index].tokensInFlight + TokenCount(tokens)
  }
}

/// Pearson's statistic of counts that should have these shares, which add up to 1.
func chiSquare(_ counts: [Int], shares: [Double]) -> Double {
  let total = Double(counts.reduce(0, +))
  return zip(counts, shares).reduce(0) { sum, pair in
    let expected = total * pair.1
    return sum + (Double(pair.0) - expected) * (Double(pair.0) - expected) / expected
  }
}
