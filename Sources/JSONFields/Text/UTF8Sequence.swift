/// The well-formed UTF-8 sequences of more than one byte (RFC 3629 section 4; Unicode table 3-7).
///
/// Works on four bytes loaded at once, first byte lowest, so that a character costs two or three
/// compares instead of a table walk per byte. Pure.
enum UTF8Sequence {
  /// Length in bytes (2, 3 or 4) of the sequence that `word` starts with; 0 when it is ill-formed.
  ///
  /// `word` holds four bytes, the first in the lowest bits; bytes past the end of the text are
  /// zero, which continues no sequence.
  @inline(__always)
  static func length(_ word: UInt32) -> Int {
    // 1110xxxx 10xxxxxx 10xxxxxx: no overlong form (x of the first 5 bits all zero), no surrogate.
    if word & 0x00C0_C0F0 == 0x0080_80E0 {
      let leading = word & 0x200F
      return leading != 0 && leading != 0x200D ? 3 : 0
    }
    // 110xxxxx 10xxxxxx: C0 and C1 would be overlong.
    if word & 0xC0E0 == 0x80C0 { return word & 0x1E != 0 ? 2 : 0 }
    // 11110xxx 10xxxxxx 10xxxxxx 10xxxxxx: no overlong form, not above U+10FFFF.
    if word & 0xC0C0_C0F8 == 0x8080_80F0 {
      let leading = (word & 0x07) << 2 | (word >> 12) & 0x03
      return leading >= 1 && leading <= 16 ? 4 : 0
    }
    return 0
  }

  /// The four bytes at `offset`, first byte lowest; zero for those at `end` and after it.
  @inline(__always)
  static func word(_ base: UnsafeRawPointer, at offset: Int, end: Int) -> UInt32 {
    if offset + 4 <= end {
      return UInt32(littleEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }
    var word: UInt32 = 0
    for place in offset..<end {
      word |= UInt32(base.load(fromByteOffset: place, as: UInt8.self)) << (8 * (place - offset))
    }
    return word
  }
}
