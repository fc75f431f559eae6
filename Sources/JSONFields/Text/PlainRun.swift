#if arch(x86_64)
  internal import CVectors
#endif

/// Runs of bytes that mean nothing special inside a JSON string: ASCII from 0x20 on, without `"`
/// and `\`.
///
/// Sixteen bytes are looked at in one vector where there are such (less than an instruction a
/// byte), else eight in one UInt64: each test subtracts so that the top bit of a byte is set when
/// it is special; a borrow can only spoil bytes above the first special one, and only the first is
/// used. Pure; never reads at or after `end`.
enum PlainRun {
  /// The offset of the first special byte at or after `start`, or `end`.
  @inline(__always)
  static func end(in base: UnsafeRawPointer, from start: Int, end: Int) -> Int {
    var position = start
    #if arch(x86_64)
      if position &+ 16 <= end {
        // Most strings are short.
        let found = cvectors_json_specials(base + position)
        if found != 0 { return position &+ found.trailingZeroBitCount }
        position &+= 16
      }
      while position &+ 64 <= end, cvectors_json_has_special(base + position) == 0 {
        position &+= 64
      }
      while position &+ 16 <= end {
        let found = cvectors_json_specials(base + position)
        if found != 0 { return position &+ found.trailingZeroBitCount }
        position &+= 16
      }
    #else
      while position &+ 16 <= end {
        let low = specials(base, position)
        if low != 0 { return position &+ low.trailingZeroBitCount >> 3 }
        let high = specials(base, position &+ 8)
        if high != 0 { return position &+ 8 &+ high.trailingZeroBitCount >> 3 }
        position &+= 16
      }
    #endif
    if position &+ 8 <= end {
      let found = specials(base, position)
      if found != 0 { return position &+ found.trailingZeroBitCount >> 3 }
      position &+= 8
    }
    while position < end, !isSpecial(base.load(fromByteOffset: position, as: UInt8.self)) {
      position &+= 1
    }
    return position
  }

  /// How many of the 16 bytes at `start`, all of them before the end, come before the first special
  /// one; 16 when none is special.
  @inline(__always)
  static func shortCount(in base: UnsafeRawPointer, from start: Int) -> Int {
    #if arch(x86_64)
      // The further bit is found when no other is.
      return (cvectors_json_specials(base + start) | 0x1_0000).trailingZeroBitCount
    #else
      let low = specials(base, start)
      if low != 0 { return low.trailingZeroBitCount >> 3 }
      let high = specials(base, start &+ 8)
      return high != 0 ? 8 &+ high.trailingZeroBitCount >> 3 : 16
    #endif
  }

  @inline(__always)
  private static func specials(_ base: UnsafeRawPointer, _ offset: Int) -> UInt64 {
    let word = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    let control = word &- 0x2020_2020_2020_2020
    let quote = (word ^ 0x2222_2222_2222_2222) &- 0x0101_0101_0101_0101
    let backslash = (word ^ 0x5C5C_5C5C_5C5C_5C5C) &- 0x0101_0101_0101_0101
    return (word | control | quote | backslash) & 0x8080_8080_8080_8080
  }

  @inline(__always)
  private static func isSpecial(_ byte: UInt8) -> Bool {
    byte < 0x20 || byte >= 0x80 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
  }
}
