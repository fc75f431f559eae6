/// Finds the body bytes of an HTTP/1 message in what a connection delivers.
public struct HTTP1BodyDecoder: Sendable {
  /// What came next.
  public enum Event: Equatable, Sendable {
    /// Body bytes, as a range of the bytes given.
    case data(Range<Int>)
    /// The body is complete; `offset` is at the first byte of the next message.
    case end
    /// Everything given is used up.
    case needMore
  }

  /// Whether the body has been read to its end.
  public private(set) var isComplete: Bool
  /// Trailer fields read and dropped so far.
  public private(set) var trailerCount: Int

  /// A decoder at the first byte of a body.
  public init(framing: BodyFraming, limits: HTTP1Limits = HTTP1Limits()) {
    isComplete = framing == .none
    trailerCount = 0
  }

  /// Whether the body counts as whole if the connection ends now.
  public var isCompleteAtEnd: Bool { isComplete }

  /// Reads on in `bytes` from `offset`, which it moves past what it used.
  public mutating func next(
    _ bytes: UnsafeRawBufferPointer, _ offset: inout Int
  ) throws(WireError) -> Event {
    .needMore
  }

  /// Tells that the connection has ended: completes an `untilClose` body.
  public mutating func finish() {}
}
