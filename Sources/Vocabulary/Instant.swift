/// A point on the monotonic clock, in whole nanoseconds since an arbitrary start.
///
/// Never wall time. Comes in from outside (a loop's `now`), so that simulated time works
/// everywhere.
public struct Instant: Hashable, Comparable, Sendable {
  /// Nanoseconds since the clock's start.
  public let nanoseconds: Int64

  /// The clock's start.
  public static let zero = Instant(nanoseconds: 0)
  /// Later than every instant that occurs: a deadline that never comes.
  public static let distantFuture = Instant(nanoseconds: .max)

  /// An instant from nanoseconds since the clock's start.
  @inlinable
  public init(nanoseconds: Int64) {
    self.nanoseconds = nanoseconds
  }

  /// Whether `left` comes before `right`.
  @inlinable
  public static func < (left: Instant, right: Instant) -> Bool {
    left.nanoseconds < right.nanoseconds
  }

  /// The instant `duration` after (or, when negative, before) `instant`; saturates.
  @inlinable
  public static func + (instant: Instant, duration: Duration) -> Instant {
    let (sum, overflow) = instant.nanoseconds.addingReportingOverflow(duration.wholeNanoseconds)
    guard !overflow else { return duration > .zero ? .distantFuture : .zero }
    return Instant(nanoseconds: sum)
  }

  /// The time from `earlier` to `later`.
  @inlinable
  public static func - (later: Instant, earlier: Instant) -> Duration {
    .nanoseconds(later.nanoseconds - earlier.nanoseconds)
  }
}

extension Duration {
  /// The duration in nanoseconds, rounded towards zero; saturates at the range of `Int64`.
  @inlinable
  public var wholeNanoseconds: Int64 {
    // Up to two hours, half of the divisor's power of two is shifted out, and the rest is a
    // division of 64 bits; one of 128 takes a call, and `components` would take two.
    if let short = UInt64(exactly: attoseconds >> 9) { return Int64(short / 1_953_125) }
    return Int64(clamping: attoseconds / 1_000_000_000)
  }

  /// The duration in seconds, for display and metrics.
  @inlinable
  public var inSeconds: Double {
    Double(wholeNanoseconds) / 1e9
  }

  /// The duration in milliseconds, for display.
  @inlinable
  public var inMilliseconds: Double {
    Double(wholeNanoseconds) / 1e6
  }
}
