#if arch(x86_64)
  internal import CVectors
#endif

/// Runs of bytes that mean nothing special inside a JSON string: ASCII from 0x20 on, without `"`
/// and `\`.
///
/// Sixteen bytes are looked at in one vector where there are such (less than an instruction a
/// byte), else in two UInt64: each test subtracts so that the top bit of a byte is set when it is
/// special; a borrow can only spoil bytes above the first special one, and only the first is used.
/// Pure; never reads at or after `end`, nor before the base.
enum PlainRun {
  /// The offset of the first special byte at or after `start`, or `end`.
  @inline(__always)
  static func end(in base: UnsafeRawPointer, from start: Int, end: Int) -> Int {
    var position = start
    // Most runs are short.
    if position &+ 16 <= end {
      if let count = count(in: base, from: position) { return position &+ count }
      position &+= 16
    }
    #if arch(x86_64)
      while position &+ 64 <= end, cvectors_json_has_special(base + position) == 0 {
        position &+= 64
      }
    #endif
    while position &+ 16 <= end {
      if let count = count(in: base, from: position) { return position &+ count }
      position &+= 16
    }
    return tailEnd(in: base, from: position, end: end)
  }

  /// The same for the last bytes, fewer than 16: where the text has as many, the last 16 are looked
  /// at once more, without those before `start`.
  @inline(__always)
  static func tailEnd(in base: UnsafeRawPointer, from start: Int, end: Int) -> Int {
    var position = start
    #if arch(x86_64)
      if end >= 16 {
        let last = end &- 16
        // What is shifted out lies before `start`, and the further bit is at the end.
        let marks = cvectors_json_specials(base + last) | 0x1_0000
        return start &+ (marks &>> UInt32(truncatingIfNeeded: start &- last)).trailingZeroBitCount
      }
    #endif
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
      return count(in: base, from: start) ?? 16
    #endif
  }

  /// The same; nil when none is special.
  ///
  /// For long runs: what is looked at next does not wait for the count.
  @inline(__always)
  private static func count(in base: UnsafeRawPointer, from start: Int) -> Int? {
    #if arch(x86_64)
      let found = cvectors_json_specials(base + start)
      return found != 0 ? found.trailingZeroBitCount : nil
    #else
      let low = specials(base, start)
      if low != 0 { return low.trailingZeroBitCount >> 3 }
      let high = specials(base, start &+ 8)
      return high != 0 ? 8 &+ high.trailingZeroBitCount >> 3 : nil
    #endif
  }

  #if !arch(x86_64)
    @inline(__always)
    private static func specials(_ base: UnsafeRawPointer, _ offset: Int) -> UInt64 {
      let word = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
      let control = word &- 0x2020_2020_2020_2020
      let quote = (word ^ 0x2222_2222_2222_2222) &- 0x0101_0101_0101_0101
      let backslash = (word ^ 0x5C5C_5C5C_5C5C_5C5C) &- 0x0101_0101_0101_0101
      return (word | control | quote | backslash) & 0x8080_8080_8080_8080
    }
  #endif

  @inline(__always)
  private static func isSpecial(_ byte: UInt8) -> Bool {
    byte < 0x20 || byte >= 0x80 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
  }
}
