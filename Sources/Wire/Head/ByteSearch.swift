internal import Glibc

/// Looks through bytes eight at a time, in a general register (SWAR: portable, no vector types).
///
/// A hit is the top bit of a byte's lane. Subtraction may carry a false hit into lanes above a true
/// one, so only the lowest hit is meaningful; little-endian loads put the first byte lowest.
/// Callers give a pointer and places within its block; nothing outside `from..<to` is read.
@usableFromInline
enum ByteSearch {
  @inline(__always)
  private static var ones: UInt64 { 0x0101_0101_0101_0101 }
  @inline(__always)
  private static var tops: UInt64 { 0x8080_8080_8080_8080 }

  /// The eight bytes at `place`, the first one lowest.
  @inline(__always)
  static func word(_ base: UnsafeRawPointer, _ place: Int) -> UInt64 {
    UInt64(littleEndian: base.loadUnaligned(fromByteOffset: place, as: UInt64.self))
  }

  /// The two bytes at `place`, the first one lowest.
  @inline(__always)
  static func half(_ base: UnsafeRawPointer, _ place: Int) -> UInt16 {
    UInt16(littleEndian: base.loadUnaligned(fromByteOffset: place, as: UInt16.self))
  }

  /// The byte at `place`.
  @inline(__always)
  static func byte(_ base: UnsafeRawPointer, _ place: Int) -> UInt8 {
    base.load(fromByteOffset: place, as: UInt8.self)
  }

  /// Hits where a byte is below `limit`, which is at most 0x80.
  @inline(__always)
  private static func below(_ limit: UInt8, _ word: UInt64) -> UInt64 {
    (word &- ones &* UInt64(limit)) & ~word & tops
  }

  /// Hits where a byte is `wanted`.
  @inline(__always)
  private static func equal(_ wanted: UInt8, _ word: UInt64) -> UInt64 {
    below(1, word ^ (ones &* UInt64(wanted)))
  }

  /// The lane of the lowest hit.
  @inline(__always)
  private static func lane(_ hits: UInt64) -> Int {
    hits.trailingZeroBitCount &>> 3
  }

  /// Whether both blocks hold the same bytes from `from` to `to`.
  @inline(__always)
  static func isSame(
    _ base: UnsafeRawPointer, _ other: UnsafeRawPointer, from: Int, to: Int
  ) -> Bool {
    memcmp(base + from, other + from, to &- from) == 0
  }

  /// The place of the first control character other than tab, or `to`.
  ///
  /// That is where a line of text ends, well or badly (RFC 9110 §5.5: field-vchar, SP, HTAB,
  /// obs-text).
  @inline(__always)
  static func firstControl(_ base: UnsafeRawPointer, from: Int, to: Int) -> Int {
    var place = from
    while true {
      while place &+ 8 <= to {
        let word = word(base, place)
        // Adding one turns DEL into a top bit. 0xFF carries into its neighbour, and tab is below
        // 0x20: so a hit is looked at once more.
        let hits = ((word &- ones &* 0x20) | (word &+ ones)) & ~word & tops
        if hits != 0 {
          place &+= lane(hits)
          break
        }
        place &+= 8
      }
      guard place < to else { return to }
      if ASCII.isControl(byte(base, place)) { return place }
      place &+= 1
    }
  }

  /// The place of the first byte that ends a field name, well or badly: a colon, white space or a
  /// control character below it; or `to`.
  @inline(__always)
  static func firstNameEnd(_ base: UnsafeRawPointer, from: Int, to: Int) -> Int {
    var place = from
    while place &+ 8 <= to {
      let word = word(base, place)
      let hits = below(0x21, word) | equal(ASCII.colon, word)
      if hits != 0 { return place &+ lane(hits) }
      place &+= 8
    }
    while place < to {
      let byte = byte(base, place)
      if byte < 0x21 || byte == ASCII.colon { return place }
      place &+= 1
    }
    return to
  }

  /// Whether all bytes of `word` are letters, digits or hyphens.
  ///
  /// Lanes below 0x80 cannot carry into each other here; others are sorted out by their top bit.
  @inline(__always)
  static func isAlphanumeric(_ word: UInt64) -> Bool {
    let lower = word | (ones &* 0x20)
    let letters = (lower &+ ones &* 0x1F) & ~(lower &+ ones &* 0x05)
    let digits = (word &+ ones &* 0x50) & ~(word &+ ones &* 0x46)
    let hyphens = ~((word ^ (ones &* 0x2D)) &+ ones &* 0x7F)
    return word & tops == 0 && (letters | digits | hyphens) & tops == tops
  }

  /// The place of the first byte that no request target may hold, or `to`.
  @inline(__always)
  static func firstOutsideTarget(_ base: UnsafeRawPointer, from: Int, to: Int) -> Int {
    var place = from
    while place &+ 8 <= to {
      let word = word(base, place)
      let hits =
        below(0x21, word) | equal(UInt8(ascii: "#"), word) | equal(0x7F, word) | (word & tops)
      if hits != 0 { return place &+ lane(hits) }
      place &+= 8
    }
    while place < to {
      let byte = byte(base, place)
      if byte < 0x21 || byte == UInt8(ascii: "#") || byte >= 0x7F { return place }
      place &+= 1
    }
    return to
  }

  /// The place of the first `wanted`, or `to`.
  @inline(__always)
  static func first(_ wanted: UInt8, _ base: UnsafeRawPointer, from: Int, to: Int) -> Int {
    var place = from
    while place &+ 8 <= to {
      let hits = equal(wanted, word(base, place))
      if hits != 0 { return place &+ lane(hits) }
      place &+= 8
    }
    while place < to, byte(base, place) != wanted { place &+= 1 }
    return place
  }

  /// The place of the first `wanted`, or `to`; for a byte that seldom occurs.
  @inline(__always)
  static func firstRare(_ wanted: UInt8, _ base: UnsafeRawPointer, from: Int, to: Int) -> Int {
    guard from < to, let place = memchr(base + from, Int32(wanted), to &- from) else { return to }
    return UnsafeRawPointer(place) - base
  }

  /// Whether no byte is below 0x0E: no line ends there. At least 32 bytes.
  @inline(__always)
  static func isPlain(_ base: UnsafeRawPointer, from: Int, to: Int) -> Bool {
    let last = to &- 32
    var hits = lineBreaks(block(base, last))
    var place = from
    while place < last {
      hits |= lineBreaks(block(base, place))
      place &+= 32
    }
    return hits[0] | hits[1] | hits[2] | hits[3] == 0
  }

  /// Whether no byte is below 0x0E, and nowhere `second` follows on `first`.
  ///
  /// From 33 bytes before the end on it also looks at bytes before `from`, which are there.
  @inline(__always)
  static func isPlain(
    _ base: UnsafeRawPointer, from: Int, to: Int, without first: UInt8, _ second: UInt8
  ) -> Bool {
    let last = to &- 33
    var hits = lineBreaks(block(base, last &+ 1)) | pairs(first, second, base, last)
    var place = from
    while place < last {
      hits |= lineBreaks(block(base, place)) | pairs(first, second, base, place)
      place &+= 32
    }
    return hits[0] | hits[1] | hits[2] | hits[3] == 0
  }

  /// 32 bytes; comparing them is two instructions, `any` of a mask would be dozens.
  @inline(__always)
  private static func block(_ base: UnsafeRawPointer, _ place: Int) -> SIMD32<UInt8> {
    base.loadUnaligned(fromByteOffset: place, as: SIMD32<UInt8>.self)
  }

  /// Ones where a byte may end a line.
  @inline(__always)
  private static func lineBreaks(_ block: SIMD32<UInt8>) -> SIMD4<UInt64> {
    bits(block .< SIMD32<UInt8>(repeating: 0x0E))
  }

  /// Ones where, of the 33 bytes at `place`, `second` follows on `first`.
  @inline(__always)
  private static func pairs(
    _ first: UInt8, _ second: UInt8, _ base: UnsafeRawPointer, _ place: Int
  ) -> SIMD4<UInt64> {
    bits(block(base, place) .== SIMD32<UInt8>(repeating: first))
      & bits(block(base, place &+ 1) .== SIMD32<UInt8>(repeating: second))
  }

  /// The lanes of a mask as words. The mask's type is named, since only with the comparisons that
  /// belong to it they are vector instructions.
  @inline(__always)
  private static func bits(_ mask: SIMDMask<SIMD32<Int8>>) -> SIMD4<UInt64> {
    unsafeBitCast(mask, to: SIMD4<UInt64>.self)
  }

  /// The place of the first CR or LF, or `to`.
  ///
  /// Looks for anything below 0x0E first: JSON text has no such byte inside a line.
  @inline(__always)
  static func firstLineBreak(_ base: UnsafeRawPointer, from: Int, to: Int) -> Int {
    var place = from
    while true {
      while place &+ 16 <= to {
        let early = below(0x0E, word(base, place))
        let late = below(0x0E, word(base, place &+ 8))
        if early | late != 0 {
          place &+= early != 0 ? lane(early) : 8 &+ lane(late)
          break
        }
        place &+= 16
      }
      guard place < to else { return to }
      let byte = byte(base, place)
      if byte == 0x0A || byte == 0x0D { return place }
      place &+= 1
    }
  }
}
