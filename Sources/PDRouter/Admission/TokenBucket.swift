internal import Synchronization
internal import Vocabulary

/// How many requests a second are let in: a bucket of tokens that fills at a steady rate.
///
/// Starts full. Shared by all loops: one atomic, the moment at which the bucket will be full again
/// (the generic cell rate algorithm, ATM Forum TM 4.1, 4.4.2); taking a token moves it on by the
/// time one takes to drip in. Time comes in as an argument; a loop whose clock lags takes as if it
/// were still then.
final class TokenBucket: Sendable {
  private let fullAt = Atomic<Int64>(0)
  /// Nanoseconds between two tokens, rounded up: the rate is never exceeded.
  private let interval: Int64
  /// Nanoseconds in which an empty bucket fills.
  private let depth: Int64

  /// A full bucket of `capacity` tokens, `perSecond` more each second.
  init(capacity: Int, perSecond: Int) {
    precondition(capacity > 0 && perSecond > 0, "a bucket gives something")
    let (rounded, remainder) = 1_000_000_000.quotientAndRemainder(dividingBy: perSecond)
    interval = Int64(rounded + (remainder > 0 ? 1 : 0))
    let (depth, overflow) = interval.multipliedReportingOverflow(by: Int64(capacity))
    self.depth = overflow ? .max / 4 : min(depth, .max / 4)
  }

  /// Takes a token.
  ///
  /// - Returns: nil; or, when there is none, when the next is due.
  func take(now: Instant) -> Instant? {
    var seen = fullAt.load(ordering: .relaxed)
    while true {
      let next = max(seen, now.nanoseconds) &+ interval
      guard next &- now.nanoseconds <= depth else { return Instant(nanoseconds: next &- depth) }
      let (isTaken, current) = fullAt.weakCompareExchange(
        expected: seen, desired: next, ordering: .sequentiallyConsistent)
      if isTaken { return nil }
      seen = current
    }
  }

  /// Puts a token back that let nobody in.
  func putBack() {
    fullAt.wrappingSubtract(interval, ordering: .sequentiallyConsistent)
  }

  /// How long until so many more tokens than are there now will have come; zero when they are
  /// there.
  func wait(forTokens count: Int, now: Instant) -> Duration {
    let next = Double(max(fullAt.load(ordering: .relaxed), now.nanoseconds) &- now.nanoseconds)
    let nanoseconds = next + Double(interval) * Double(count) - Double(depth)
    return .nanoseconds(Int64(max(0, min(nanoseconds, 1e18))))
  }
}
