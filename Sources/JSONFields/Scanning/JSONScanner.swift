/// Validates JSON text in one pass (RFC 8259, UTF-8 after RFC 3629) and finds where values end.
///
/// Borrows the text for its own life; owns nothing, allocates nothing, recurses never. Strict: no
/// comments, no trailing commas, no NaN, no byte order mark, no lone surrogate in any form. Offsets
/// never leave the text. Positions passed in are offsets into the text.
struct JSONScanner {
  let base: UnsafeRawPointer
  let count: Int
  let maximumDepth: Int

  /// A scanner of `text`, which must stay where it is while the scanner is used.
  ///
  /// `maximumDepth` counts the outermost container as 1. Throws `.empty`, `.byteOrderMark`,
  /// `.tooLarge`.
  @inline(__always)
  init(_ text: UnsafeRawBufferPointer, maximumDepth: Int) throws(JSONError) {
    precondition(maximumDepth >= 1 && maximumDepth <= Nesting.limit)
    guard let start = text.baseAddress, text.count > 0 else { throw JSONError(.empty, at: 0) }
    guard text.count <= JSONFields.maximumByteCount else { throw JSONError(.tooLarge, at: 0) }
    if text.count >= 3, text[0] == 0xEF, text[1] == 0xBB, text[2] == 0xBF {
      throw JSONError(.byteOrderMark, at: 0)
    }
    base = start
    count = text.count
    self.maximumDepth = maximumDepth
  }

  /// The byte at `position`, or 0 (which is nowhere valid) at the end.
  @inline(__always)
  func byte(_ position: Int) -> UInt8 {
    position < count ? base.load(fromByteOffset: position, as: UInt8.self) : 0
  }

  /// The error of a byte that cannot stand at `position`, or of the end if there is none.
  func unexpected(at position: Int) -> JSONError {
    JSONError(position < count ? .unexpectedByte : .unexpectedEnd, at: min(position, count))
  }

  /// The root value of a whole text; nothing but white space may surround it.
  func root() throws(JSONError) -> JSONSpan {
    let start = try rootStart()
    let end = try value(at: start, byte(start), depth: 0)
    try finish(after: end)
    return JSONSpan(kind: JSONKind(startingWith: byte(start)), range: start..<end)
  }

  /// The root object of a whole text, its members told to `sink`; the object's range.
  ///
  /// Throws `.notAnObject` when the text is valid but something else.
  func rootObject(_ sink: inout some JSONMemberSink) throws(JSONError) -> Range<Int> {
    let start = try rootStart()
    guard byte(start) == UInt8(ascii: "{") else {
      try finish(after: try value(at: start, byte(start), depth: 0))
      throw .notAnObject
    }
    let end = try members(ofObjectAt: start, &sink)
    try finish(after: end)
    return start..<end
  }

  /// Tells `sink` every member of the object that starts at `start`; the offset after its `}`.
  @inline(__always)
  func members(ofObjectAt start: Int, _ sink: inout some JSONMemberSink) throws(JSONError) -> Int {
    precondition(byte(start) == UInt8(ascii: "{"))
    var position = start &+ 1
    let first = token(&position)
    if first == UInt8(ascii: "}") { return position &+ 1 }
    guard first == UInt8(ascii: "\"") else { throw unexpected(at: position) }
    repeat {
      let nameStart = position
      let (name, first) = try member(&position, sink)
      let valueStart = position
      position = try value(at: valueStart, first, depth: 1)
      try sink.take(
        JSONMember(
          nameStart: nameStart, first: first, valueStart: valueStart, valueEnd: position), name)
    } while try nextName(&position)
    return position
  }

  /// Moves from the quote of a name to the member's value; what `sink` makes of the name, and the
  /// value's first byte.
  @inline(__always)
  private func member<Sink: JSONMemberSink>(
    _ position: inout Int, _ sink: Sink
  ) throws(JSONError) -> (Sink.Name, first: UInt8) {
    let start = position &+ 1
    guard let plain = plainName(from: start) else { return try anyMember(&position, sink) }
    position = plain.value
    let name = UnsafeRawBufferPointer(start: base + start, count: plain.end &- start)
    return (sink.name(name, isPlain: true), plain.first)
  }

  @inline(never)
  private func anyMember<Sink: JSONMemberSink>(
    _ position: inout Int, _ sink: Sink
  ) throws(JSONError) -> (Sink.Name, first: UInt8) {
    let start = position &+ 1
    let end = try string(from: start)
    position = try colon(after: end)
    let name = UnsafeRawBufferPointer(start: base + start, count: end &- start &- 1)
    return (sink.name(name, isPlain: false), byte(position))
  }

  /// Moves from the end of a value to the quote of the next name, or after the object's brace, and
  /// says which.
  @inline(__always)
  private func nextName(_ position: inout Int) throws(JSONError) -> Bool {
    if position &+ 3 <= count, byteBefore(end: position) == UInt8(ascii: ",") {
      let next = byteBefore(end: position &+ 1)
      if next == UInt8(ascii: "\"") {
        position &+= 1
        return true
      }
      if next == 0x20, byteBefore(end: position &+ 2) == UInt8(ascii: "\"") {
        position &+= 2
        return true
      }
    }
    if byte(position) == UInt8(ascii: "}") {
      position &+= 1
      return false
    }
    return try anyNextName(&position)
  }

  @inline(never)
  private func anyNextName(_ position: inout Int) throws(JSONError) -> Bool {
    let separator = token(&position)
    guard separator == UInt8(ascii: ",") || separator == UInt8(ascii: "}") else {
      throw unexpected(at: position)
    }
    position &+= 1
    if separator == UInt8(ascii: "}") { return false }
    guard token(&position) == UInt8(ascii: "\"") else { throw unexpected(at: position) }
    return true
  }

  /// The offset after the value at `start`, which starts with `first`, inside `depth` open
  /// containers.
  @inline(__always)
  func value(at start: Int, _ first: UInt8, depth: Int) throws(JSONError) -> Int {
    if first == UInt8(ascii: "\"") { return try string(from: start &+ 1) }
    if JSONScanner.isOpening(first) { return try container(at: start, depth: depth) }
    return try bareEnd(from: start, first)
  }

  private func container(at start: Int, depth: Int) throws(JSONError) -> Int {
    var open = Nesting(maximum: maximumDepth - depth)
    var position = start
    repeat {
      let first = byte(position)
      if first == UInt8(ascii: "\"") {
        position = try string(from: position &+ 1)
      } else if JSONScanner.isOpening(first) {
        let isObject = first == UInt8(ascii: "{")
        guard open.push(isObject: isObject) else { throw JSONError(.tooDeep, at: position) }
        position &+= 1
        let next = token(&position)
        // ASCII: the closing bracket is the opening one plus two, for both kinds.
        if next != first &+ 2 {
          if isObject { position = try memberValue(at: position, next) }
          continue
        }
        open.pop()
        position &+= 1
      } else {
        position = try bareEnd(from: position, first)
      }
      position = try nextValue(after: position, &open)
    } while open.depth > 0
    return position
  }

  /// Closes what closes after a value and moves to the next one; the end when nothing is open.
  @inline(__always)
  private func nextValue(after end: Int, _ open: inout Nesting) throws(JSONError) -> Int {
    var position = end
    while open.depth > 0 {
      let separator = token(&position)
      if separator == UInt8(ascii: ",") {
        position &+= 1
        let next = token(&position)
        return open.isObject ? try memberValue(at: position, next) : skipPlainIntegers(position)
      }
      guard separator == (open.isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) else {
        throw unexpected(at: position)
      }
      open.pop()
      position &+= 1
    }
    return position
  }

  /// Whether `byte` opens an object or an array: in ASCII the two differ in one bit.
  @inline(__always)
  private static func isOpening(_ byte: UInt8) -> Bool { byte | 0x20 == UInt8(ascii: "{") }

  @inline(__always)
  private func rootStart() throws(JSONError) -> Int {
    let start = skipSpace(0)
    guard start < count else { throw JSONError(.empty, at: 0) }
    return start
  }

  @inline(__always)
  private func finish(after end: Int) throws(JSONError) {
    if end == count { return }
    let rest = skipSpace(end)
    guard rest == count else { throw JSONError(.trailingBytes, at: rest) }
  }
}
