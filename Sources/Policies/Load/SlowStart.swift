public import Vocabulary

/// How much of its part a worker is given after it came or came back: a tenth at first, all after a
/// while, in between along a straight line.
///
/// A new engine has compiled nothing and cached nothing; without this everybody would send it
/// everything, for it looks idle. Cost: a comparison, and a division while it lasts.
public struct SlowStart: Sendable, Equatable {
  /// The share in the first moment.
  public static let firstShare = 0.1

  private let nanoseconds: Int64

  /// A slow start that lasts `duration`; none where that is 0. It may not be negative.
  public init(over duration: Duration) {
    precondition(duration >= .zero, "a start does not last less than no time")
    nanoseconds = duration.wholeNanoseconds
  }

  /// Whether there is none.
  public var isOff: Bool { nanoseconds == 0 }

  /// The share of a worker that may be chosen since `start`; 1 for one that was there from the
  /// beginning (nil).
  public func share(since start: Instant?, now: Instant) -> Double {
    guard nanoseconds > 0, let start else { return 1 }
    // A clock that another loop has read may be a little ahead.
    let age = max(0, Double(now.nanoseconds) - Double(start.nanoseconds))
    guard age < Double(nanoseconds) else { return 1 }
    return SlowStart.firstShare + (1 - SlowStart.firstShare) * age / Double(nanoseconds)
  }
}
