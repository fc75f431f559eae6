/// Finds the lines of an HTTP/1 head in bytes that grow from call to call.
///
/// Remembers how far it came, so every byte is looked at once however the head is cut, and finds an
/// error at the byte that makes it, so the outcome never depends on the cuts. Owns nothing; the
/// meaning of the lines is for the parsers. About one instruction a byte.
struct HTTP1HeadScanner: Sendable {
  private enum Phase: Sendable {
    case startLine
    case fieldName
    case fieldValue
  }

  private let limits: HTTP1Limits
  private var phase = Phase.startLine
  private var lineStart = 0
  private var position = 0
  private var colon = 0
  private var known = HeaderName.other

  /// A scanner at the start of a head.
  init(limits: HTTP1Limits) {
    precondition(limits.headBytes > 0 && limits.headBytes < Int(UInt32.max))
    precondition(limits.startLineBytes > 0 && limits.startLineBytes < Int(UInt32.max))
    precondition(limits.headerCount >= 0 && limits.connectionOptions >= 0)
    self.limits = limits
  }

  /// Whether the start line is still to come.
  var isInStartLine: Bool { phase == .startLine }

  /// Whether nothing has been read.
  var isAtStart: Bool { position == 0 }

  /// Goes to the start of another head.
  mutating func reset() {
    phase = .startLine
    lineStart = 0
    position = 0
  }

  /// Takes the first two bytes for an empty line before the head.
  mutating func skipEmptyLine() {
    precondition(isAtStart)
    lineStart = 2
    position = 2
  }

  /// The places of the start line without its CRLF; nil when more bytes are needed.
  mutating func startLine(_ bytes: UnsafeRawBufferPointer) throws(WireError) -> Range<Int>? {
    precondition(phase == .startLine && bytes.count >= position)
    guard let base = bytes.baseAddress else { return nil }
    let window = min(bytes.count, limits.headBytes)
    let bound = min(window, lineStart &+ limits.startLineBytes &+ 1)
    position = ByteSearch.firstControl(base, from: position, to: bound)
    guard position < bound else {
      if bound == lineStart &+ limits.startLineBytes &+ 1 { throw .startLineTooLong }
      try checkWindow(bytes)
      return nil
    }
    guard try isLineEnd(base, position, window) else {
      try checkWindow(bytes)
      return nil
    }
    let line = lineStart..<position
    position &+= 2
    lineStart = position
    phase = .fieldName
    return line
  }

  /// Reads field lines into `table` up to and with the empty line.
  ///
  /// - Returns: the length of the head; nil when more bytes are needed.
  mutating func fields(
    _ bytes: UnsafeRawBufferPointer, into table: inout HeaderTable
  ) throws(WireError) -> Int? {
    precondition(phase != .startLine && bytes.count >= position)
    guard let base = bytes.baseAddress else { return nil }
    let window = min(bytes.count, limits.headBytes)
    // In registers for the length of the call; an error leaves nothing to go on with.
    var place = position
    var line = lineStart
    while place < window {
      if phase == .fieldName {
        if place == line, ByteSearch.byte(base, place) == ASCII.carriageReturn {
          guard try isLineEnd(base, place, window) else { break }
          return place &+ 2
        }
        place = ByteSearch.firstNameEnd(base, from: place, to: window)
        guard place < window else { break }
        known = try HTTP1HeadScanner.name(base, from: line, to: place)
        colon = place
        place &+= 1
        phase = .fieldValue
      }
      place = ByteSearch.firstControl(base, from: place, to: window)
      guard place < window, try isLineEnd(base, place, window) else { break }
      guard table.count < limits.headerCount else { throw .tooManyFields }
      table.append(field(base, from: line, to: place))
      place &+= 2
      line = place
      phase = .fieldName
    }
    position = place
    lineStart = line
    try checkWindow(bytes)
    return nil
  }

  /// Which name ends at `end`, where a byte is that no name holds.
  @inline(__always)
  private static func name(
    _ base: UnsafeRawPointer, from start: Int, to end: Int
  ) throws(WireError) -> HeaderName {
    guard ByteSearch.byte(base, end) == ASCII.colon, end > start else {
      throw nameError(base, from: start, to: end)
    }
    let known = HeaderName.recognize(base + start, end &- start)
    // The spelling of a known name consists of token characters.
    guard known != .other || ASCII.isFieldName(base, from: start, to: end) else {
      throw .invalidFieldName
    }
    return known
  }

  /// What is wrong with a name that ends at `end`.
  private static func nameError(_ base: UnsafeRawPointer, from start: Int, to end: Int) -> WireError
  {
    switch ByteSearch.byte(base, end) {
    case ASCII.space, ASCII.tab: end == start ? .lineFolding : .whitespaceBeforeColon
    case ASCII.colon: .emptyFieldName
    case ASCII.lineFeed: .bareLineFeed
    case ASCII.carriageReturn: .missingColon
    default: .controlCharacter
    }
  }

  /// The field whose line goes from `line` to `lineEnd`.
  @inline(__always)
  private func field(_ base: UnsafeRawPointer, from line: Int, to lineEnd: Int) -> HeaderField {
    var start = colon &+ 1
    var end = lineEnd
    while start < end, ASCII.isBlank(ByteSearch.byte(base, start)) { start &+= 1 }
    while end > start, ASCII.isBlank(ByteSearch.byte(base, end &- 1)) { end &-= 1 }
    return HeaderField(
      name: ByteRange(from: line, to: colon), value: ByteRange(from: start, to: end),
      known: known)
  }

  /// Whether a whole CRLF is at `place`, where a control character is; false when its second half
  /// is still to come.
  @inline(__always)
  private func isLineEnd(
    _ base: UnsafeRawPointer, _ place: Int, _ window: Int
  ) throws(WireError) -> Bool {
    let byte = ByteSearch.byte(base, place)
    guard byte == ASCII.carriageReturn else {
      throw byte == ASCII.lineFeed ? .bareLineFeed : .controlCharacter
    }
    guard place &+ 1 < window else { return false }
    guard ByteSearch.byte(base, place &+ 1) == ASCII.lineFeed else { throw .bareCarriageReturn }
    return true
  }

  /// Refuses a head that is unfinished although it may not grow any more.
  private func checkWindow(_ bytes: UnsafeRawBufferPointer) throws(WireError) {
    guard bytes.count < limits.headBytes else { throw .headTooLarge }
  }
}
