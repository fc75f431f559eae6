/// The protocol versions of HTTP/1, as start lines write them (RFC 9112 §2.3).
enum HTTP1Version {
  /// Bytes in a version.
  @inline(__always) static var length: Int { 8 }

  /// Whether the eight bytes at `place` say 1.0 (else 1.1).
  ///
  /// - Throws: `invalidVersion` for another form, `unsupportedVersion` for another number.
  @inline(__always)
  static func isHTTP10(_ base: UnsafeRawPointer, _ place: Int) throws(WireError) -> Bool {
    let word = ByteSearch.word(base, place)
    if word == 0x312E_312F_5054_5448 { return false }  // "HTTP/1.1"
    if word == 0x302E_312F_5054_5448 { return true }  // "HTTP/1.0"
    throw error(base, place)
  }

  private static func error(_ base: UnsafeRawPointer, _ place: Int) -> WireError {
    let isNamed = ByteSearch.word(base, place) & 0xFF_FFFF_FFFF == 0x2F_5054_5448  // "HTTP/"
    let isNumbered =
      isDigit(ByteSearch.byte(base, place + 5))
      && ByteSearch.byte(base, place + 6) == UInt8(ascii: ".")
      && isDigit(ByteSearch.byte(base, place + 7))
    return isNamed && isNumbered ? .unsupportedVersion : .invalidVersion
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
  }
}
