public import EventLoop

/// What a `SimulatedClient` does: steps one after the other, how fast it reads, and when it hangs
/// up.
public struct ClientScript: Sendable {
  /// One thing to do or to wait for, after the one before it is done.
  public enum Step: Sendable {
    /// Writes the bytes at once.
    case send([UInt8])
    /// Writes the bytes in pieces of `size`, the first now and then one after each `pause`.
    case sendInPieces([UInt8], size: Int, pause: Duration)
    /// Lets time pass; rounded up to the loop's timer ticks.
    case wait(Duration)
    /// Waits until so many bytes have come in all.
    case awaitByteCount(Int)
    /// Waits until these bytes stand somewhere in what came since the last such step.
    case awaitBytes([UInt8])
    /// Waits until the peer sent its end.
    case awaitEnd
    /// Sends the end of the client's bytes; reading goes on.
    case finishWriting
    /// Stops reading, whatever the pace says.
    case pauseReading
    /// Reads again.
    case resumeReading
    /// Hangs up.
    case hangUp(Ending)
  }

  /// How a client leaves.
  public enum Ending: Equatable, Sendable {
    /// As soon as what it sent has left.
    case afterFlush
    /// At once, as a program that closes its socket.
    case close
    /// At once, with a reset.
    case reset
  }

  /// What makes a client hang up whatever step it is at.
  public enum Trigger: Equatable, Sendable {
    /// So long after it began to connect; rounded up to the loop's timer ticks.
    case elapsed(Duration)
    /// As soon as so many bytes have come.
    case received(Int)
  }

  /// The most bytes a client reads in a while.
  public struct Pace: Equatable, Sendable {
    /// Bytes for each interval; what one read brings beyond it counts for the next ones.
    public let byteCount: Int
    /// At least one timer tick (5 ms) long.
    public let interval: Duration

    /// A pace of `byteCount` bytes for each `interval`.
    public init(byteCount: Int, interval: Duration) {
      precondition(byteCount > 0 && interval > .zero)
      self.byteCount = byteCount
      self.interval = interval
    }
  }

  /// What to do once connected, in order.
  public var steps: [Step]
  /// How slowly to read; nil is as fast as bytes come.
  public var pace: Pace?
  /// When to hang up before the steps say so; each with its manner.
  public var hangUps: [(trigger: Trigger, ending: Ending)] = []
  /// How long to wait for the connection.
  public var connectTimeout: Duration = .seconds(5)
  /// The stream's watermarks and time-outs.
  public var stream = StreamOptions()

  /// A script of these steps.
  public init(_ steps: [Step]) {
    self.steps = steps
  }
}
