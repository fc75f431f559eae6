internal import Vocabulary

/// What is left of one budget.
///
/// Counts down; only when it is empty does it look at what has come back since it last was. So an
/// event costs a subtraction, and no more than two bursts can come at once.
struct HTTP2FloodBucket {
  private let budget: HTTP2FloodBudget
  private var tokens: Int
  private var filled: Instant?
  private var seenEarnings = 0

  init(_ budget: HTTP2FloodBudget) {
    self.budget = budget
    tokens = budget.burst
  }

  /// Takes one; false when there is none.
  ///
  /// `earnings` is how many were ever earned by traffic; it only grows.
  @inline(__always)
  mutating func take(_ now: Instant, earnings: Int) -> Bool {
    if filled == nil { filled = now }
    if tokens == 0 { fill(now, earnings) }
    guard tokens > 0 else { return false }
    tokens &-= 1
    return true
  }

  @inline(never)
  private mutating func fill(_ now: Instant, _ earnings: Int) {
    let since = max(.zero, now - (filled ?? now))
    // A day is enough to fill any budget, and keeps the product small.
    let milliseconds = Int(min(since.wholeNanoseconds / 1_000_000, 86_400_000))
    let (product, overflow) = milliseconds.multipliedReportingOverflow(by: budget.perSecond)
    let inTime = overflow ? budget.burst : product / 1000
    let earned = min(earnings &- seenEarnings, budget.burst)
    guard inTime > 0 || earned > 0 else { return }
    tokens = min(budget.burst, min(inTime, budget.burst) + earned)
    seenEarnings = earnings
    if inTime > 0 { filled = now }
  }
}
