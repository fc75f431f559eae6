internal import Vocabulary

/// Finds the events of a `text/event-stream` and which of them hold tokens, in any pieces.
///
/// Lines end in LF, CRLF or CR, mixed as they like; an empty line ends an event (WHATWG HTML §9.2).
/// Only looks: the caller relays the bytes as they are. An event that lies in one piece is judged
/// in place; of one that does not, up to 4 KiB are kept, which is all the memory it owns. Tokens
/// are recognised by `StreamEventKind`; where in doubt an event counts as holding one. Not
/// thread-safe. About 0.2 ns a byte.
public struct ServerSentEventScanner: ~Copyable {
  /// What one piece of the stream held; offsets count from the piece's first byte.
  public struct Summary: Equatable, Sendable {
    /// Events with data that ended in this piece; comments and lone fields are none.
    public var events = 0
    /// How many of them hold a token.
    public var tokenEvents = 0
    /// The offset just after the first event of the whole stream that holds a token; in one summary
    /// of a stream at most.
    public var firstTokenEventEnd: Int?
    /// The offset just after the last event (comments included) that ended in this piece.
    public var lastBoundary: Int?
    /// Whether `data: [DONE]` ended in this piece.
    public var sawDone = false
    /// Whether an error event ended in this piece: the engine failed.
    public var sawError = false
    /// Whether an error event ended in this piece whose code says that the request is at fault.
    public var sawRejection = false
    /// Where the first event that ended in this piece and says that the engine gave up
    /// (`"finish_reason":"abort"`) begins; negative when that was before this piece.
    public var abortStart: Int?

    /// A summary of nothing.
    public init() {}
  }

  /// The most bytes of an unfinished event that are kept to judge it by.
  public static var keptByteLimit: Int { 4096 }

  private var kept: ByteBuffer
  /// Bytes passed since the last boundary.
  private var unfinishedByteCount = 0
  private var isInLine = false
  /// The last byte was a CR, so a LF at the start of the next piece belongs to it.
  private var endsInReturn = false
  private var hasSeenToken = false
  private var hint: StreamEventHint

  /// A scanner at the start of a stream.
  public init() {
    kept = ByteBuffer()
    hint = StreamEventHint()
  }

  /// Goes to the start of another stream, without any memory.
  public mutating func reset() {
    kept.removeAll(keepingCapacityUpTo: 0)
    unfinishedByteCount = 0
    isInLine = false
    endsInReturn = false
    hasSeenToken = false
    hint = StreamEventHint()
  }

  /// Whether nothing of an unfinished event was passed, so that the stream may be cut here.
  public var isAtBoundary: Bool { unfinishedByteCount == 0 }

  /// Reads the next piece of the stream.
  public mutating func scan(_ bytes: UnsafeRawBufferPointer) -> Summary {
    var summary = Summary()
    guard let base = bytes.baseAddress, !bytes.isEmpty else { return summary }
    var eventStart = takeSplitLineEnd(base, &summary)
    var lineStart = eventStart
    while true {
      let lineEnd = ByteSearch.firstLineBreak(base, from: lineStart, to: bytes.count)
      guard lineEnd < bytes.count else { break }
      let isBlank = lineEnd == lineStart && !isInLine
      isInLine = false
      lineStart = lineEnd &+ 1
      if ByteSearch.byte(base, lineEnd) == ASCII.carriageReturn {
        if lineStart == bytes.count {
          endsInReturn = true
        } else if ByteSearch.byte(base, lineStart) == ASCII.lineFeed {
          lineStart &+= 1
        }
      }
      if isBlank {
        let event = UnsafeRawBufferPointer(start: base + eventStart, count: lineEnd &- eventStart)
        finishEvent(event, eventStart, lineStart, &summary)
        eventStart = lineStart
      }
    }
    isInLine = isInLine || lineStart < bytes.count
    keep(UnsafeRawBufferPointer(start: base + eventStart, count: bytes.count &- eventStart))
    return summary
  }

  /// Reads the chunks at the beginning of a piece that is still in its framing, as far as each is
  /// written plainly, here as a whole, and holds one event with a token as those before it.
  ///
  /// Of what follows the scanner takes no notice: it is to be scanned without its framing. With
  /// `stopsAtUsage` it ends before a chunk that may hold a usage object.
  public mutating func scan(
    chunks bytes: UnsafeRawBufferPointer, stopsAtUsage: Bool
  ) -> PlainChunkRun {
    var run = PlainChunkRun()
    guard isAtBoundary, !endsInReturn, let base = bytes.baseAddress else { return run }
    while let data = PlainChunk.data(base, from: run.end, to: bytes.count) {
      guard hint.isPlainToken(base + data.lowerBound, data.count) else { break }
      if stopsAtUsage {
        let event = UnsafeRawBufferPointer(start: base + data.lowerBound, count: data.count)
        if AnswerMarks.mayHoldUsage(event) { break }
      }
      run.end = data.upperBound &+ PlainChunk.endLength
      run.bodyByteCount &+= data.count
      run.tokenEvents &+= 1
    }
    return run
  }

  /// Takes the LF of a CRLF that was cut in two; the offset where the piece goes on.
  private mutating func takeSplitLineEnd(_ base: UnsafeRawPointer, _ summary: inout Summary) -> Int
  {
    guard endsInReturn else { return 0 }
    endsInReturn = false
    guard ByteSearch.byte(base, 0) == ASCII.lineFeed else { return 0 }
    if isAtBoundary {
      summary.lastBoundary = 1
    } else {
      keep(UnsafeRawBufferPointer(start: base, count: 1))
    }
    return 1
  }

  /// Judges the event whose last bytes are `rest` at `start`, ended by the empty line before
  /// `boundary`.
  @inline(__always)
  private mutating func finishEvent(
    _ rest: UnsafeRawBufferPointer, _ start: Int, _ boundary: Int, _ summary: inout Summary
  ) {
    summary.lastBoundary = boundary
    let start = start &- unfinishedByteCount
    let kind: StreamEventKind
    if unfinishedByteCount == 0 {
      if rest.isEmpty { return }
      kind = hint.kind(of: rest, isWhole: true)
    } else {
      keep(rest)
      kind = hint.kind(of: kept.bytes, isWhole: kept.count == unfinishedByteCount)
      kept.removeAll()
      unfinishedByteCount = 0
    }
    count(kind, start..<boundary, &summary)
  }

  @inline(__always)
  private mutating func count(
    _ kind: StreamEventKind, _ event: Range<Int>, _ summary: inout Summary
  ) {
    switch kind {
    case .comment: return
    case .token:
      summary.tokenEvents &+= 1
      if !hasSeenToken {
        hasSeenToken = true
        summary.firstTokenEventEnd = event.upperBound
      }
    case .done: summary.sawDone = true
    case .abort: summary.abortStart = summary.abortStart ?? event.lowerBound
    case .error: summary.sawError = true
    case .rejection: summary.sawRejection = true
    case .other: break
    }
    summary.events &+= 1
  }

  /// Notes the bytes of an unfinished event, as many as may be kept.
  private mutating func keep(_ bytes: UnsafeRawBufferPointer) {
    guard !bytes.isEmpty else { return }
    unfinishedByteCount &+= bytes.count
    let room = ServerSentEventScanner.keptByteLimit - kept.count
    precondition(room >= 0)
    kept.append(UnsafeRawBufferPointer(rebasing: bytes.prefix(room)))
  }
}
