internal import Wire

/// What the scanner says of a stream, over all its pieces; offsets count from its first byte.
struct EventTotals {
  private(set) var events = 0
  private(set) var tokenEvents = 0
  private(set) var firstTokenEnd: Int?
  private(set) var boundary: Int?
  private(set) var abortStart: Int?
  private var flags: [Bool] = [false, false, false]

  /// Scans `text`, which arrives up to each of `ends`.
  init(_ text: [UInt8], ends: [Int]) {
    var scanner = ServerSentEventScanner()
    var start = 0
    for end in ends {
      let piece = ExactBytes(text[start..<end])
      add(scanner.scan(piece.raw), at: start, length: end - start)
      start = end
    }
    // An empty piece changes nothing.
    let nothing = scanner.scan(UnsafeRawBufferPointer(start: nil, count: 0))
    precondition(nothing == ServerSentEventScanner.Summary())
  }

  private mutating func add(
    _ summary: ServerSentEventScanner.Summary, at start: Int, length: Int
  ) {
    events += summary.events
    tokenEvents += summary.tokenEvents
    if let end = summary.firstTokenEventEnd {
      precondition(firstTokenEnd == nil && end > 0 && end <= length, "a second first token")
      firstTokenEnd = start + end
    }
    if let last = summary.lastBoundary {
      precondition(last > 0 && last <= length)
      boundary = start + last
    }
    if let abort = summary.abortStart {
      precondition(start + abort >= 0 && abort < length)
      abortStart = abortStart ?? start + abort
    }
    let new = [summary.sawDone, summary.sawError, summary.sawRejection]
    flags = zip(flags, new).map { $0 || $1 }
  }

  /// Whether `other`, of the same text, says the same.
  func isSame(as other: EventTotals, in text: [UInt8]) -> Bool {
    events == other.events && tokenEvents == other.tokenEvents && flags == other.flags
      && EventModel.isSame(firstTokenEnd ?? 0, other.firstTokenEnd ?? 0, in: text)
      && EventModel.isSame(boundary ?? 0, other.boundary ?? 0, in: text)
      && EventModel.isSame(abortStart ?? 0, other.abortStart ?? 0, in: text)
  }
}
