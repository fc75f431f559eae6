/// The tokens: white space, names, strings, numbers, literals.
extension JSONScanner {
  /// Moves `position` over white space; the byte there, or 0 at the end.
  @inline(__always)
  func token(_ position: inout Int) -> UInt8 {
    let first = byte(position)
    if first > 0x20 { return first }
    // Python's `json.dumps` puts one blank after every comma and colon.
    if first == 0x20 {
      let second = byte(position &+ 1)
      if second > 0x20 {
        position &+= 1
        return second
      }
    }
    position = skipSpaceRun(position)
    return byte(position)
  }

  /// The first offset at or after `position` that is not white space, or the end.
  @inline(__always)
  func skipSpace(_ position: Int) -> Int {
    var position = position
    _ = token(&position)
    return position
  }

  @inline(never)
  private func skipSpaceRun(_ start: Int) -> Int {
    var position = start
    while position < count {
      // Indented bodies: eight blanks at once.
      if position + 8 <= count,
        base.loadUnaligned(fromByteOffset: position, as: UInt64.self) == 0x2020_2020_2020_2020
      {
        position += 8
        continue
      }
      let byte = base.load(fromByteOffset: position, as: UInt8.self)
      guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { break }
      position += 1
    }
    return position
  }

  /// The byte at `position`, which is before the end.
  @inline(__always)
  func byteBefore(end position: Int) -> UInt8 {
    base.load(fromByteOffset: position, as: UInt8.self)
  }

  /// The offsets of the quote after the name whose content starts at `start`, and of the member's
  /// value, with its first byte, if the name is short and without escapes and its colon follows,
  /// with no white space but a blank before the value; nil otherwise.
  ///
  /// One check of bounds and one look at 16 bytes for most members that are written by programs.
  @inline(__always)
  func plainName(from start: Int) -> (end: Int, value: Int, first: UInt8)? {
    guard start &+ 19 < count else { return nil }
    let end = start &+ PlainRun.shortCount(in: base, from: start)
    let pair = UInt16(littleEndian: base.loadUnaligned(fromByteOffset: end, as: UInt16.self))
    // A quote and a colon.
    guard pair == 0x3A22 else { return nil }
    // A branch that is guessed right is faster than an offset that is worked out.
    let first = byteBefore(end: end &+ 2)
    if first > 0x20 { return (end, end &+ 2, first) }
    let second = byteBefore(end: end &+ 3)
    return first == 0x20 && second > 0x20 ? (end, end &+ 3, second) : nil
  }

  /// The offset of the value of the member whose name starts at `position`, with `first`.
  @inline(__always)
  func memberValue(at position: Int, _ first: UInt8) throws(JSONError) -> Int {
    guard first == UInt8(ascii: "\"") else { throw unexpected(at: position) }
    if let plain = plainName(from: position &+ 1) { return plain.value }
    return try anyMemberValue(at: position)
  }

  @inline(never)
  private func anyMemberValue(at position: Int) throws(JSONError) -> Int {
    try colon(after: try string(from: position &+ 1))
  }

  /// The offset after the string whose opening quote must be at `position`.
  func quoted(at position: Int) throws(JSONError) -> Int {
    guard byte(position) == UInt8(ascii: "\"") else { throw unexpected(at: position) }
    return try string(from: position + 1)
  }

  /// The offset of the value after the colon that must follow `position`.
  @inline(__always)
  func colon(after position: Int) throws(JSONError) -> Int {
    var colon = position
    guard token(&colon) == UInt8(ascii: ":") else { throw unexpected(at: colon) }
    return skipSpace(colon &+ 1)
  }

  /// The offset after the number or literal at `start`, which starts with `first`.
  @inline(__always)
  func bareEnd(from start: Int, _ first: UInt8) throws(JSONError) -> Int {
    let end = first >= UInt8(ascii: "a") ? plainLiteralEnd(start, first) : plainNumberEnd(start)
    return end > 0 ? end : try anyBareEnd(from: start, first)
  }

  /// The offset after the literal at `start`, which starts with `first`; 0 for anything else.
  @inline(__always)
  private func plainLiteralEnd(_ start: Int, _ first: UInt8) -> Int {
    guard start &+ 5 <= count else { return 0 }
    let tail = first == UInt8(ascii: "f") ? start &+ 1 : start
    let text = UInt32(littleEndian: base.loadUnaligned(fromByteOffset: tail, as: UInt32.self))
    // The bytes of "true", "null" and "alse".
    let isLiteral =
      first == UInt8(ascii: "f") ? text == 0x6573_6C61 : text == 0x6575_7274 || text == 0x6C6C_756E
    return isLiteral ? tail &+ 4 : 0
  }

  /// The offset after the number at `start` if it is a short one without sign and exponent; 0 for
  /// anything else.
  @inline(__always)
  private func plainNumberEnd(_ start: Int) -> Int {
    guard start &+ 8 <= count else { return 0 }
    let text = base.loadUnaligned(fromByteOffset: start, as: UInt64.self)
    let length = DigitRun.plainNumberCount(text)
    return length > 0 ? start &+ length : 0
  }

  @inline(never)
  private func anyBareEnd(from start: Int, _ first: UInt8) throws(JSONError) -> Int {
    switch first {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): return try numberEnd(from: start)
    case UInt8(ascii: "t"): return try literalEnd(from: start, "true")
    case UInt8(ascii: "f"): return try literalEnd(from: start, "false")
    case UInt8(ascii: "n"): return try literalEnd(from: start, "null")
    default: throw unexpected(at: start)
    }
  }

  /// The offset after the closing quote of the string whose content starts at `start`.
  ///
  /// Most strings are names and short values: one look at 16 bytes finds the end of those.
  @inline(__always)
  func string(from start: Int) throws(JSONError) -> Int {
    guard start &+ 16 < count else { return try lateStringEnd(from: start) }
    let length = PlainRun.shortCount(in: base, from: start)
    let end = start &+ length
    if byteBefore(end: end) == UInt8(ascii: "\"") { return end &+ 1 }
    return try stringEnd(from: length < 16 ? end : start &+ 16)
  }

  /// The same for a string whose content starts less than 16 bytes before the end.
  @inline(never)
  private func lateStringEnd(from start: Int) throws(JSONError) -> Int {
    let end = PlainRun.tailEnd(in: base, from: start, end: count)
    return byte(end) == UInt8(ascii: "\"") ? end &+ 1 : try stringEnd(from: end)
  }

  @inline(never)
  private func stringEnd(from start: Int) throws(JSONError) -> Int {
    var position = start
    while true {
      position = PlainRun.end(in: base, from: position, end: count)
      let special = byte(position)
      if special == UInt8(ascii: "\"") { return position &+ 1 }
      if special == UInt8(ascii: "\\") {
        position = try escapeEnd(from: position)
      } else if special >= 0x80 {
        position = try nonASCIIEnd(from: position)
      } else {
        throw JSONError(
          position < count ? .controlCharacter : .unexpectedEnd, at: position)
      }
    }
  }

  /// The offset after the run of multi-byte characters at `start`.
  @inline(__always)
  private func nonASCIIEnd(from start: Int) throws(JSONError) -> Int {
    var position = start
    repeat {
      let length = UTF8Sequence.length(UTF8Sequence.word(base, at: position, end: count))
      guard length > 0 else { throw JSONError(.invalidUTF8, at: position) }
      position += length
    } while byte(position) >= 0x80
    return position
  }

  /// The offset after the escape whose backslash is at `start` (both halves of a pair).
  @inline(__always)
  private func escapeEnd(from start: Int) throws(JSONError) -> Int {
    switch byte(start + 1) {
    case UInt8(ascii: "n"), UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "t"),
      UInt8(ascii: "r"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"):
      return start + 2
    case UInt8(ascii: "u"): return try unicodeEscapeEnd(from: start)
    default:
      throw JSONError(start + 1 < count ? .invalidEscape : .unexpectedEnd, at: start + 1)
    }
  }

  private func unicodeEscapeEnd(from start: Int) throws(JSONError) -> Int {
    let unit = try hexadecimalUnit(at: start + 2)
    if unit & 0xF800 != 0xD800 { return start + 6 }
    guard unit & 0xFC00 == 0xD800, byte(start + 6) == UInt8(ascii: "\\"),
      byte(start + 7) == UInt8(ascii: "u")
    else { throw JSONError(.loneSurrogate, at: start) }
    guard try hexadecimalUnit(at: start + 8) & 0xFC00 == 0xDC00 else {
      throw JSONError(.loneSurrogate, at: start)
    }
    return start + 12
  }

  private func hexadecimalUnit(at start: Int) throws(JSONError) -> UInt16 {
    var unit: UInt16 = 0
    for position in start..<start + 4 {
      guard let digit = HexadecimalDigit.value(of: byte(position)) else {
        throw JSONError(
          position < count ? .invalidEscape : .unexpectedEnd, at: min(position, count))
      }
      unit = unit << 4 | UInt16(digit)
    }
    return unit
  }

  /// From the element at `start`, over elements that are short plain integers with a comma after
  /// them, to the first element that is not: prompts of token ids are long arrays of such.
  @inline(__always)
  func skipPlainIntegers(_ start: Int) -> Int {
    var position = start
    while position &+ 8 < count {
      let digits = DigitRun.count(
        base.loadUnaligned(fromByteOffset: position, as: UInt64.self))
      let first = byteBefore(end: position)
      if first == 0x20 {
        position &+= 1
        continue
      }
      guard digits > 0, digits < 8, byteBefore(end: position &+ digits) == UInt8(ascii: ","),
        digits == 1 || first != UInt8(ascii: "0")
      else { break }
      position &+= digits &+ 1
    }
    return skipSpace(position)
  }

  /// The offset after the number at `start` (RFC 8259 section 6).
  func numberEnd(from start: Int) throws(JSONError) -> Int {
    var position = start
    if byte(position) == UInt8(ascii: "-") { position += 1 }
    if byte(position) == UInt8(ascii: "0") {
      position += 1
      if DigitRun.isDigit(byte(position)) { throw JSONError(.invalidNumber, at: position) }
    } else {
      position = try digitsEnd(from: position)
    }
    if byte(position) == UInt8(ascii: ".") { position = try digitsEnd(from: position + 1) }
    if byte(position) | 0x20 == UInt8(ascii: "e") {
      position += 1
      let sign = byte(position)
      if sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { position += 1 }
      position = try digitsEnd(from: position)
    }
    return position
  }

  @inline(__always)
  private func digitsEnd(from start: Int) throws(JSONError) -> Int {
    let position = DigitRun.end(in: base, from: start, end: count)
    guard position > start else {
      throw JSONError(start < count ? .invalidNumber : .unexpectedEnd, at: start)
    }
    return position
  }

  @inline(__always)
  private func literalEnd(from start: Int, _ literal: StaticString) throws(JSONError) -> Int {
    for place in 1..<literal.utf8CodeUnitCount where byte(start + place) != literal.utf8Start[place]
    {
      throw JSONError(
        start + place < count ? .invalidLiteral : .unexpectedEnd, at: start + place)
    }
    return start + literal.utf8CodeUnitCount
  }
}
