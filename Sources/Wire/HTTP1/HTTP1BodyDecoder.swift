/// Finds the body bytes of one HTTP/1 message in what a connection delivers.
///
/// Works on the pieces as they come, keeps and copies none of them, and allocates nothing. Chunk
/// extensions are checked and dropped; where trailers are, it says. It never looks beyond the end
/// of the body.
/// After an error it must be dropped: where the body ends is then unknown.
public struct HTTP1BodyDecoder: Sendable {
  /// What came next.
  public enum Event: Equatable, Sendable {
    /// Body bytes, as a range of the bytes given; never empty.
    case data(Range<Int>)
    /// The body is complete; `offset` is at the first byte of the next message.
    case end
    /// Everything given is used up.
    case needMore
  }

  private enum Phase: Sendable {
    case complete
    case counted
    case untilClose
    case chunkLine
    case chunkData
    case chunkEnd
    case trailers
  }

  private var phase: Phase
  private var remaining = 0
  private var line: HTTP1ChunkLine
  private var trailers: HTTP1TrailerSection
  private var hasReturn = false

  /// A decoder at the first byte of a body.
  public init(framing: BodyFraming, limits: HTTP1Limits = HTTP1Limits()) {
    line = HTTP1ChunkLine(limits: limits)
    trailers = HTTP1TrailerSection(limits: limits)
    switch framing {
    case .none: phase = .complete
    case .length(let length):
      precondition(length >= 0)
      remaining = length
      phase = length == 0 ? .complete : .counted
    case .chunked: phase = .chunkLine
    case .untilClose: phase = .untilClose
    }
  }

  /// Whether the body has been read to its end.
  public var isComplete: Bool { phase == .complete }

  /// Whether the next byte is the first of a chunk's line, or of the last chunk's.
  public var isAtChunk: Bool { phase == .chunkLine && line.isAtStart }

  /// Whether the body counts as whole if the connection ends now; if not, it is truncated.
  public var isCompleteAtEnd: Bool { phase == .complete || phase == .untilClose }

  /// Bytes that are still to come of a body of known length; 0 for any other.
  public var countedBytesLeft: Int { phase == .counted ? remaining : 0 }

  /// Trailer fields read so far.
  public var trailerCount: Int { trailers.count }

  /// Where the last call of `next` read trailer fields, in the bytes it was given; empty when it
  /// read none. All of these in order are the fields' lines, checked, with each line end, and at
  /// most the empty line.
  public private(set) var trailerRange = 0..<0

  /// Reads on in `bytes` from `offset`, which it moves past what it used.
  ///
  /// To be called until it answers `end` or `needMore`. Once at the end it stays there.
  /// - Throws: what is wrong with the chunks or trailers.
  public mutating func next(
    _ bytes: UnsafeRawBufferPointer, _ offset: inout Int
  ) throws(WireError) -> Event {
    precondition(offset >= 0 && offset <= bytes.count)
    guard let base = bytes.baseAddress else { return isComplete ? .end : .needMore }
    while true {
      if phase == .complete { return .end }
      guard offset < bytes.count else { return .needMore }
      switch phase {
      case .complete: return .end
      case .counted, .chunkData: return takeCounted(bytes.count, &offset)
      case .untilClose:
        let range = offset..<bytes.count
        offset = bytes.count
        return .data(range)
      case .chunkLine:
        guard let size = try line.read(base, bytes.count, &offset) else { return .needMore }
        remaining = size
        phase = size == 0 ? .trailers : .chunkData
      case .chunkEnd:
        try takeChunkEnd(ByteSearch.byte(base, offset))
        offset &+= 1
      case .trailers:
        let start = offset
        let isEnd = try trailers.read(base, bytes.count, &offset)
        trailerRange = trailers.hasFields ? start..<offset : 0..<0
        guard isEnd else { return .needMore }
        phase = .complete
        return .end
      }
    }
  }

  /// Steps over the line end after a chunk's data, where both its bytes are there; whether the next
  /// byte is now the first of a chunk's line.
  public mutating func steppedToChunk(
    _ bytes: UnsafeRawBufferPointer, _ offset: inout Int
  ) -> Bool {
    precondition(offset >= 0 && offset <= bytes.count)
    if phase == .chunkEnd, !hasReturn, offset &+ PlainChunk.endLength <= bytes.count,
      let base = bytes.baseAddress, ByteSearch.half(base, offset) == PlainChunk.lineEnd
    {
      offset &+= PlainChunk.endLength
      phase = .chunkLine
    }
    return isAtChunk
  }

  /// Tells that the connection has ended: completes an `untilClose` body, changes no other.
  public mutating func finish() {
    if phase == .untilClose { phase = .complete }
  }

  @inline(__always)
  private mutating func takeCounted(_ count: Int, _ offset: inout Int) -> Event {
    let start = offset
    let taken = min(remaining, count &- start)
    remaining &-= taken
    offset = start &+ taken
    if remaining == 0 { phase = phase == .counted ? .complete : .chunkEnd }
    return .data(start..<offset)
  }

  /// Takes one byte of the CRLF after a chunk's data.
  @inline(__always)
  private mutating func takeChunkEnd(_ byte: UInt8) throws(WireError) {
    if hasReturn {
      guard byte == ASCII.lineFeed else { throw .bareCarriageReturn }
      hasReturn = false
      phase = .chunkLine
    } else {
      guard byte == ASCII.carriageReturn else { throw .missingChunkEnd }
      hasReturn = true
    }
  }
}
