internal import Vocabulary

/// How many lines of one kind may be logged: a few at once, then a few a second; the rest is
/// counted and told with the next line that is written. Pure.
struct LineBudget {
  /// Lines that may come at once.
  static let burst = 20
  /// Time after which one more may come.
  static let pace: Duration = .milliseconds(500)

  private var left = LineBudget.burst
  private var refilledAt = Instant.zero
  private var suppressed = 0

  /// Whether a line may be written now, and how many were not since the last one; nil when not.
  mutating func take(now: Instant) -> Int? {
    if left < LineBudget.burst {
      let lines = Int(min((now - refilledAt) / LineBudget.pace, Double(LineBudget.burst)))
      if lines > 0 {
        left = min(left + lines, LineBudget.burst)
        refilledAt = now
      }
    }
    guard left > 0 else {
      suppressed += 1
      return nil
    }
    if left == LineBudget.burst { refilledAt = now }
    left -= 1
    defer { suppressed = 0 }
    return suppressed
  }
}
