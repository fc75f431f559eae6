internal import Glibc
internal import Vocabulary

/// Cuts a `text/event-stream` into the data of its events, in any pieces (WHATWG HTML §9.2).
///
/// Lines end in LF, CRLF or CR. Data that lies in one piece is handed out in place; of the rest a
/// copy is kept, 16 MiB at most. Other fields than `data` are passed over. Not thread-safe.
struct EventSplitter: ~Copyable {
  /// The most bytes of one event's data, or of one line.
  static let limit = 16 * 1024 * 1024

  /// The start of a line whose end has not come.
  private var line = ByteBuffer()
  /// The data of an event whose end has not come, as far as it is not in the present piece.
  private var data = ByteBuffer()
  private var hasData = false
  private var endsInReturn = false
  private var isAtStart = true

  /// Whether nothing of an unfinished event has come.
  var isAtBoundary: Bool { line.isEmpty && !hasData }

  /// Forgets everything: before the first byte of another stream.
  mutating func reset() {
    line.removeAll(keepingCapacityUpTo: 4096)
    data.removeAll(keepingCapacityUpTo: 4096)
    hasData = false
    endsInReturn = false
    isAtStart = true
  }

  /// Reads the next piece and calls `take` with the data of each event that ended in it, valid
  /// during the call only; false when an event is longer than the limit.
  mutating func split(
    _ bytes: UnsafeRawBufferPointer, _ take: (UnsafeRawBufferPointer) -> Void
  ) -> Bool {
    guard let base = bytes.baseAddress, !bytes.isEmpty else { return true }
    var place = endsInReturn && bytes[0] == UInt8(ascii: "\n") ? 1 : 0
    endsInReturn = false
    // The data of the event being read, while it is one line of this piece.
    var inPlace: UnsafeRawBufferPointer?
    while place < bytes.count {
      let end = EventSplitter.lineEnd(base, from: place, to: bytes.count)
      let part = UnsafeRawBufferPointer(start: base + place, count: end - place)
      guard end < bytes.count else {
        line.append(part)
        break
      }
      if line.isEmpty {
        endLine(part, isInPiece: true, &inPlace, take)
      } else {
        line.append(part)
        var whole = ByteBuffer()
        swap(&whole, &line)
        endLine(whole.bytes, isInPiece: false, &inPlace, take)
        whole.removeAll()
        swap(&whole, &line)
      }
      place = end + 1
      if bytes[end] == UInt8(ascii: "\r") {
        if place == bytes.count {
          endsInReturn = true
        } else if bytes[place] == UInt8(ascii: "\n") {
          place += 1
        }
      }
    }
    if let inPlace { data.append(inPlace) }
    return line.count <= EventSplitter.limit && data.count <= EventSplitter.limit
  }

  /// Takes one whole line.
  private mutating func endLine(
    _ line: UnsafeRawBufferPointer, isInPiece: Bool, _ inPlace: inout UnsafeRawBufferPointer?,
    _ take: (UnsafeRawBufferPointer) -> Void
  ) {
    var line = line
    if isAtStart, line.starts(with: [0xEF, 0xBB, 0xBF]) {
      line = UnsafeRawBufferPointer(rebasing: line[3...])
    }
    isAtStart = false
    guard !line.isEmpty else {
      if hasData { take(inPlace ?? data.bytes) }
      inPlace = nil
      hasData = false
      return data.removeAll(keepingCapacityUpTo: 4096)
    }
    guard let value = EventSplitter.dataValue(of: line) else { return }
    if let first = inPlace {
      data.append(first)
      inPlace = nil
    }
    if hasData { data.append(UInt8(ascii: "\n")) }
    if !hasData, isInPiece { inPlace = value } else { data.append(value) }
    hasData = true
  }

  /// What follows `data:` and one space; nil for lines of other fields.
  private static func dataValue(of line: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
    guard line.count >= 4, line[0] == UInt8(ascii: "d"), line[1] == UInt8(ascii: "a"),
      line[2] == UInt8(ascii: "t"), line[3] == UInt8(ascii: "a")
    else { return nil }
    guard line.count > 4 else { return UnsafeRawBufferPointer(rebasing: line[4...]) }
    guard line[4] == UInt8(ascii: ":") else { return nil }
    let start = line.count > 5 && line[5] == UInt8(ascii: " ") ? 6 : 5
    return UnsafeRawBufferPointer(rebasing: line[start...])
  }

  /// The place of the first LF or CR; `end` when there is none.
  private static func lineEnd(_ base: UnsafeRawPointer, from start: Int, to end: Int) -> Int {
    precondition(start <= end)
    var limit = end
    if let feed = memchr(base + start, Int32(UInt8(ascii: "\n")), end - start) {
      limit = UnsafeRawPointer(feed) - base
    }
    guard let back = memchr(base + start, Int32(UInt8(ascii: "\r")), limit - start) else {
      return limit
    }
    return UnsafeRawPointer(back) - base
  }
}
