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
      let word = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: position, as: UInt64.self))
      // A digit becomes 0 to 9, and only from 10 on does adding 0x76 reach the top bit. A carry can
      // only spoil bytes above the first that is no digit.
      let value = word ^ 0x3030_3030_3030_3030
      let others = (value | (value &+ 0x7676_7676_7676_7676)) & 0x8080_8080_8080_8080
      if others != 0 { return position &+ others.trailingZeroBitCount >> 3 }
      position &+= 8
    }
    while position < end, isDigit(base.load(fromByteOffset: position, as: UInt8.self)) {
      position &+= 1
    }
    return position
  }

  /// Whether `byte` is an ASCII digit.
  @inline(__always)
  static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }
}
