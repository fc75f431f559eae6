/// What single bytes mean in HTTP, and comparisons that do not look at case.
enum ASCII {
  @inline(__always) static var tab: UInt8 { 0x09 }
  @inline(__always) static var lineFeed: UInt8 { 0x0A }
  @inline(__always) static var carriageReturn: UInt8 { 0x0D }
  @inline(__always) static var space: UInt8 { 0x20 }
  @inline(__always) static var colon: UInt8 { 0x3A }

  /// Whether `byte` is optional white space (RFC 9110 §5.6.3).
  @inline(__always)
  static func isBlank(_ byte: UInt8) -> Bool {
    byte == space || byte == tab
  }

  /// Whether `byte` is a control character that no text may hold (tab may).
  @inline(__always)
  static func isControl(_ byte: UInt8) -> Bool {
    (byte < 0x20 && byte != tab) || byte == 0x7F
  }

  /// Whether `byte` is a token character (RFC 9110 §5.6.2).
  @inline(__always)
  static func isToken(_ byte: UInt8) -> Bool {
    // ! # $ % & ' * + - . 0-9 in the lower half; A-Z ^ _ ` a-z | ~ in the upper one.
    let lower: UInt64 = 1 << 33 | 0x1F << 35 | 3 << 42 | 3 << 45 | 0x3FF << 48
    let upper: UInt64 = 0x3FF_FFFF << 1 | 7 << 30 | 0x3FF_FFFF << 33 | 1 << 60 | 1 << 62
    let half = byte < 64 ? lower : upper
    return byte < 128 && (half &>> UInt64(byte & 63)) & 1 == 1
  }

  /// Whether every byte of `from..<to` is a token character and there is one.
  @inline(__always)
  static func isToken(_ base: UnsafeRawPointer, from: Int, to: Int) -> Bool {
    guard from < to else { return false }
    for place in from..<to where !isToken(ByteSearch.byte(base, place)) { return false }
    return true
  }

  /// Whether `from..<to` is a token; quick where it consists of letters, digits and hyphens.
  @inline(__always)
  static func isFieldName(_ base: UnsafeRawPointer, from: Int, to: Int) -> Bool {
    guard to &- from >= 8 else { return isToken(base, from: from, to: to) }
    var place = from
    while place &+ 8 < to {
      guard ByteSearch.isAlphanumeric(ByteSearch.word(base, place)) else {
        return isToken(base, from: place, to: to)
      }
      place &+= 8
    }
    return ByteSearch.isAlphanumeric(ByteSearch.word(base, to &- 8))
      || isToken(base, from: place, to: to)
  }

  /// The value of a hexadecimal digit, or nil.
  @inline(__always)
  static func hexadecimalDigit(_ byte: UInt8) -> Int? {
    switch byte {
    case 0x30...0x39: Int(byte) &- 0x30
    case 0x41...0x46: Int(byte) &- 0x37
    case 0x61...0x66: Int(byte) &- 0x57
    default: nil
    }
  }

  /// The decimal number written in `from..<to`, or nil: digits only, at least one, in `Int`'s
  /// range.
  @inline(__always)
  static func decimal(_ base: UnsafeRawPointer, from: Int, to: Int) -> Int? {
    guard from < to else { return nil }
    var number = 0
    for place in from..<to {
      let digit = Int(ByteSearch.byte(base, place)) &- 0x30
      guard digit >= 0, digit <= 9 else { return nil }
      let (shifted, overflow) = number.multipliedReportingOverflow(by: 10)
      let (sum, carry) = shifted.addingReportingOverflow(digit)
      guard !overflow, !carry else { return nil }
      number = sum
    }
    return number
  }

  /// Whether the `count` bytes at `base` are `literal`, which is in lower case, in any case.
  ///
  /// Sets bit 5 of each byte, which is exact for letters, digits, `-`, `:`, `/` and `_`-free
  /// literals as long as the bytes hold no control character.
  @inline(__always)
  static func isSame(
    _ base: UnsafeRawPointer, _ count: Int, ignoringCaseAs literal: StaticString
  ) -> Bool {
    guard count == literal.utf8CodeUnitCount else { return false }
    let other = UnsafeRawPointer(literal.utf8Start)
    guard count >= 8 else {
      for place in 0..<count
      where ByteSearch.byte(base, place) | 0x20 != ByteSearch.byte(other, place) { return false }
      return true
    }
    let bits: UInt64 = 0x2020_2020_2020_2020
    var place = 0
    while place &+ 8 < count {
      if ByteSearch.word(base, place) | bits != ByteSearch.word(other, place) { return false }
      place &+= 8
    }
    return ByteSearch.word(base, count &- 8) | bits == ByteSearch.word(other, count &- 8)
  }

  /// Whether two tokens are the same in any case.
  static func isSame(
    _ left: UnsafeRawBufferPointer, ignoringCaseAs right: UnsafeRawBufferPointer
  ) -> Bool {
    guard left.count == right.count else { return false }
    for place in 0..<left.count where lowercase(left[place]) != lowercase(right[place]) {
      return false
    }
    return true
  }

  @inline(__always)
  private static func lowercase(_ byte: UInt8) -> UInt8 {
    byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
  }
}
