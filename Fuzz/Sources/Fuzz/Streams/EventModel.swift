/// One event of a stream, found the slow way (WHATWG HTML §9.2.6): by lines.
struct EventModel {
  /// The lines with their ends, without the empty one.
  let bytes: [UInt8]
  /// The offset after the empty line.
  let end: Int
  /// Whether there is a line of data.
  let hasData: Bool

  /// The events of `text` that are there to their empty line; empty ones count as none.
  static func events(of text: [UInt8]) -> [EventModel] {
    var events: [EventModel] = []
    var start = 0
    var lineStart = 0
    var hasData = false
    var place = 0
    while place < text.count {
      guard text[place] == 0x0A || text[place] == 0x0D else {
        place += 1
        continue
      }
      let line = text[lineStart..<place]
      let isReturn = text[place] == 0x0D
      place += isReturn && place + 1 < text.count && text[place + 1] == 0x0A ? 2 : 1
      hasData = hasData || isData(line, isFirst: lineStart == start)
      if line.isEmpty {
        events.append(
          EventModel(bytes: Array(text[start..<lineStart]), end: place, hasData: hasData))
        start = place
        hasData = false
      }
      lineStart = place
    }
    return events
  }

  /// Whether two ends of events are one: an end may be known before the LF of its CRLF is.
  static func isSame(_ one: Int, _ other: Int, in text: [UInt8]) -> Bool {
    one == other || abs(one - other) == 1 && text[min(one, other)] == 0x0A
  }

  private static func isData(_ line: ArraySlice<UInt8>, isFirst: Bool) -> Bool {
    let hasMark = isFirst && line.starts(with: [0xEF, 0xBB, 0xBF])
    let line = hasMark ? line.dropFirst(3) : line
    return line.elementsEqual("data".utf8) || line.starts(with: "data:".utf8)
  }
}
