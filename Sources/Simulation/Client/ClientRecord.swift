public import EventLoop
public import Vocabulary

/// All that a `SimulatedClient` saw, with the virtual times.
public struct ClientRecord: Sendable {
  /// One read.
  public struct Arrival: Equatable, Sendable {
    /// When it came.
    public let instant: Instant
    /// How many bytes it brought.
    public let byteCount: Int
  }

  /// When it began to connect.
  public internal(set) var startedAt: Instant
  /// When the connection was up.
  public internal(set) var connectedAt: Instant?
  /// Everything received, in order.
  public internal(set) var bytes: [UInt8] = []
  /// The reads that brought it.
  public internal(set) var arrivals: [Arrival] = []
  /// When the peer's end came.
  public internal(set) var endedAt: Instant?
  /// When the stream was gone.
  public internal(set) var closedAt: Instant?
  /// Why it was gone.
  public internal(set) var closeReason: StreamCloseReason?

  /// What came, as text; bytes that are no UTF-8 show as replacement characters.
  public var text: String { String(decoding: bytes, as: UTF8.self) }

  /// When the byte at `offset` came; nil if it did not.
  public func instant(ofByte offset: Int) -> Instant? {
    var count = 0
    for arrival in arrivals {
      count += arrival.byteCount
      if offset < count { return arrival.instant }
    }
    return nil
  }
}
