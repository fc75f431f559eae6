public import Vocabulary

/// The lines of one event: its name and its data (WHATWG HTML §9.2.6).
///
/// Points into the bytes it was made from; a view, not an owner.
public struct StreamEventLines {
  /// The value of the last `event` line.
  private(set) var name: UnsafeRawBufferPointer?
  /// The value of the first `data` line.
  private(set) var data: UnsafeRawBufferPointer?
  /// How many `data` lines there are.
  private(set) var dataCount = 0

  /// Reads the lines of `event`; a byte-order mark before the first one is skipped.
  init(_ event: UnsafeRawBufferPointer) {
    guard let base = event.baseAddress else { return }
    var place = StreamEventLines.hasMark(event) ? 3 : 0
    while place < event.count {
      let end = ByteSearch.firstLineBreak(base, from: place, to: event.count)
      read(UnsafeRawBufferPointer(start: base + place, count: end - place))
      // The LF of a CRLF makes an empty line here, which says nothing.
      place = end + 1
    }
  }

  /// Appends as many bytes as `event` has, with white space for all that is not data: the event's
  /// JSON at its own places, however many lines it is spread over.
  public static func appendData(of event: UnsafeRawBufferPointer, to buffer: inout ByteBuffer) {
    guard let base = event.baseAddress else { return }
    buffer.reserve(event.count)
    var place = 0
    while place < event.count {
      let end = ByteSearch.firstLineBreak(base, from: place, to: event.count)
      let start = hasMark(event) && place == 0 ? 3 : place
      let line = UnsafeRawBufferPointer(rebasing: event[min(start, end)..<end])
      let value = value(line, "data")
      let blanks = end - place - (value?.count ?? 0)
      for _ in 0..<blanks { buffer.append(ASCII.space) }
      if let value { buffer.append(value) }
      // A line feed is white space in JSON, as is a carriage return.
      if end < event.count { buffer.append(event[end]) }
      place = end + 1
    }
  }

  /// Whether `event` starts with a byte-order mark.
  private static func hasMark(_ event: UnsafeRawBufferPointer) -> Bool {
    event.count >= 3 && event[0] == 0xEF && event[1] == 0xBB && event[2] == 0xBF
  }

  private mutating func read(_ line: UnsafeRawBufferPointer) {
    if let value = StreamEventLines.value(line, "data") {
      if data == nil { data = value }
      dataCount += 1
    } else if let value = StreamEventLines.value(line, "event") {
      name = value
    }
  }

  /// The value of `line` if its field is `field`: after the colon and one space, or nothing.
  private static func value(
    _ line: UnsafeRawBufferPointer, _ field: StaticString
  ) -> UnsafeRawBufferPointer? {
    let count = field.utf8CodeUnitCount
    guard line.count >= count else { return nil }
    for place in 0..<count where line[place] != field.utf8Start[place] { return nil }
    guard line.count > count else { return UnsafeRawBufferPointer(rebasing: line[count...]) }
    guard line[count] == ASCII.colon else { return nil }
    let hasSpace = line.count > count + 1 && line[count + 1] == ASCII.space
    return UnsafeRawBufferPointer(rebasing: line[(count + (hasSpace ? 2 : 1))...])
  }
}
