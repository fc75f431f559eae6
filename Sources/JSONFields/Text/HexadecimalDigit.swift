/// Hexadecimal digits of `\u` escapes, both ways.
enum HexadecimalDigit {
  /// What `byte` is worth (0 to 15), upper and lower case alike; nil when it is no such digit.
  @inline(__always)
  static func value(of byte: UInt8) -> UInt8? {
    let decimal = byte &- UInt8(ascii: "0")
    if decimal < 10 { return decimal }
    let letter = (byte | 0x20) &- UInt8(ascii: "a")
    return letter < 6 ? letter + 10 : nil
  }

  /// The lower-case digit of `value`, which is below 16.
  static func ascii(_ value: UInt8) -> UInt8 {
    precondition(value < 16)
    return value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
  }
}
