/// Finds the events of a `text/event-stream` and which of them hold tokens, in any pieces.
public struct ServerSentEventScanner: ~Copyable {
  /// What one piece of the stream held; offsets count from the piece's first byte.
  public struct Summary: Equatable, Sendable {
    /// Events with data that ended in this piece.
    public var events = 0
    /// How many of them hold a token.
    public var tokenEvents = 0
    /// The offset just after the first event of the whole stream that holds a token.
    public var firstTokenEventEnd: Int?
    /// The offset just after the last event that ended in this piece.
    public var lastBoundary: Int?
    /// Whether `[DONE]` ended in this piece.
    public var sawDone = false
    /// Whether an error event ended in this piece.
    public var sawError = false

    /// A summary of nothing.
    public init() {}
  }

  /// Whether nothing of an unfinished event was passed.
  public private(set) var isAtBoundary = true

  /// A scanner at the start of a stream.
  public init() {}

  /// Reads the next piece of the stream.
  public mutating func scan(_ bytes: UnsafeRawBufferPointer) -> Summary {
    Summary()
  }
}
