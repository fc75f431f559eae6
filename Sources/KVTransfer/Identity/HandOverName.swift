internal import Vocabulary

/// Writes the random bits of a hand-over as the names that engines want: a UUID of version 4 (RFC
/// 9562 section 5.4), with dashes or without.
///
/// The same bits always give the same name, so that both legs can be planned without keeping it.
enum HandOverName {
  /// Appends the UUID in its usual form, `8-4-4-4-12` digits.
  static func appendUUID(of number: (high: UInt64, low: UInt64), to target: inout ByteBuffer) {
    let (high, low) = versioned(number)
    appendDigits(high, from: 64, to: 32, &target)
    target.append(UInt8(ascii: "-"))
    appendDigits(high, from: 32, to: 16, &target)
    target.append(UInt8(ascii: "-"))
    appendDigits(high, from: 16, to: 0, &target)
    target.append(UInt8(ascii: "-"))
    appendDigits(low, from: 64, to: 48, &target)
    target.append(UInt8(ascii: "-"))
    appendDigits(low, from: 48, to: 0, &target)
  }

  /// Appends the UUID's 32 digits without dashes.
  static func appendDigits(of number: (high: UInt64, low: UInt64), to target: inout ByteBuffer) {
    let (high, low) = versioned(number)
    appendDigits(high, from: 64, to: 0, &target)
    appendDigits(low, from: 64, to: 0, &target)
  }

  /// The bits with version 4 and variant 10 put in.
  private static func versioned(
    _ number: (high: UInt64, low: UInt64)
  ) -> (high: UInt64, low: UInt64) {
    (
      number.high & 0xFFFF_FFFF_FFFF_0FFF | 0x4000,
      number.low & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
    )
  }

  /// Appends the bits of `word` between two positions as lower-case digits, the highest first.
  private static func appendDigits(
    _ word: UInt64, from top: Int, to bottom: Int, _ target: inout ByteBuffer
  ) {
    for shift in stride(from: top - 4, through: bottom, by: -4) {
      let digit = UInt8(truncatingIfNeeded: word >> UInt64(shift)) & 15
      target.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
    }
  }
}
