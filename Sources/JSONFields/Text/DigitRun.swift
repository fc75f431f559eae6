/// Runs of decimal digits.
///
/// Eight bytes at once: prompts of token ids are mostly numbers of four to six digits, and a branch
/// per digit would be guessed wrong at every number's end. Pure; never reads at or after `end`.
enum DigitRun {
  /// The offset of the first byte at or after `start` that is no digit, or `end`.
  @inline(__always)
  static func end(in base: UnsafeRawPointer, from start: Int, end: Int) -> Int {
    var position = start
    while position &+ 8 <= end {
      let others = others(base.loadUnaligned(fromByteOffset: position, as: UInt64.self))
      if others != 0 { return position &+ others.trailingZeroBitCount >> 3 }
      position &+= 8
    }
    while position < end, isDigit(base.load(fromByteOffset: position, as: UInt8.self)) {
      position &+= 1
    }
    return position
  }

  /// How long the number is that the eight bytes of `text` start with, if it is a plain one: up to
  /// seven bytes of digits, with one point between them or none; 0 for anything else.
  ///
  /// Most numbers of a body (limits, temperatures) are such. The eight bytes are as loaded from the
  /// text; the one after the number is among them.
  @inline(__always)
  static func plainNumberCount(_ text: UInt64) -> Int {
    var others = others(text)
    guard others != 0 else { return 0 }
    var count = others.trailingZeroBitCount >> 3
    guard count > 0, count == 1 || byte(text, 0) != UInt8(ascii: "0") else { return 0 }
    if byte(text, count) == UInt8(ascii: ".") {
      // A point spoils no byte above it.
      others &= others &- 1
      guard others != 0 else { return 0 }
      let whole = count
      count = others.trailingZeroBitCount >> 3
      guard count > whole &+ 1 else { return 0 }
    }
    return byte(text, count) | 0x20 == UInt8(ascii: "e") ? 0 : count
  }

  /// How many of the eight bytes of `text`, as loaded from it, are digits before the first other.
  @inline(__always)
  static func count(_ text: UInt64) -> Int { others(text).trailingZeroBitCount >> 3 }

  /// The top bit of each of the eight bytes as loaded that is no digit, up to and with the first
  /// such; above it, bits may be wrong.
  @inline(__always)
  private static func others(_ text: UInt64) -> UInt64 {
    // A digit becomes 0 to 9, and only from 10 on does adding 0x76 reach the top bit. A carry can
    // only spoil bytes above the first that is no digit.
    let value = UInt64(littleEndian: text) ^ 0x3030_3030_3030_3030
    return (value | (value &+ 0x7676_7676_7676_7676)) & 0x8080_8080_8080_8080
  }

  /// Byte number `place` of the eight.
  @inline(__always)
  private static func byte(_ text: UInt64, _ place: Int) -> UInt8 {
    UInt8(
      truncatingIfNeeded: UInt64(littleEndian: text) &>> UInt64(truncatingIfNeeded: place &<< 3))
  }

  /// Whether `byte` is an ASCII digit.
  @inline(__always)
  static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }
}
