/// MurmurHash64A (Austin Appleby, public domain), in steps, so that what several texts begin with
/// is read once.
///
/// Part of the baseline's placements, so its bits may not change. Good spread, no secrecy: whoever
/// knows the seed can make texts that collide. Pure; reads no byte beyond those named.
enum MurmurHash64A {
  /// What everything is multiplied with.
  static var multiplier: UInt64 { 0xC6A4_A793_5BD1_E995 }

  /// The hash of `bytes`.
  static func hash(_ bytes: UnsafeRawBufferPointer, seed: UInt64) -> UInt64 {
    let start = begin(length: bytes.count, seed: seed)
    guard let base = bytes.baseAddress else { return finish(start) }
    return end(start, base, bytes.count)
  }

  /// The state before the first byte of a text of `length` bytes.
  @inline(__always)
  static func begin(length: Int, seed: UInt64) -> UInt64 {
    precondition(length >= 0)
    return seed ^ (UInt64(truncatingIfNeeded: length) &* multiplier)
  }

  /// The state after the whole words of the `count` bytes at `base`; the bytes left over are not
  /// read.
  @inline(__always)
  static func words(_ state: UInt64, _ base: UnsafeRawPointer, _ count: Int) -> UInt64 {
    var state = state
    var offset = 0
    while offset &+ 8 <= count {
      let word = base.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
      state = take(state, UInt64(littleEndian: word))
      offset &+= 8
    }
    return state
  }

  /// The hash of a text whose last `count` bytes are those at `base`.
  @inline(__always)
  static func end(_ state: UInt64, _ base: UnsafeRawPointer, _ count: Int) -> UInt64 {
    let state = words(state, base, count)
    let left = count & 7
    guard left > 0 else { return finish(state) }
    return end(state, tail: tail(base + (count &- left), left))
  }

  /// The hash of a text that ends with the bytes of `tail`, lowest first, from one to seven.
  @inline(__always)
  static func end(_ state: UInt64, tail: UInt64) -> UInt64 {
    finish((state ^ tail) &* multiplier)
  }

  /// The `count` bytes at `base` as a number, lowest first; from 1 to 7.
  @inline(__always)
  private static func tail(_ base: UnsafeRawPointer, _ count: Int) -> UInt64 {
    // Two loads that overlap where there are four or more.
    if count >= 4 {
      let low = UInt32(littleEndian: base.loadUnaligned(as: UInt32.self))
      let high = UInt32(
        littleEndian: base.loadUnaligned(fromByteOffset: count &- 4, as: UInt32.self))
      return UInt64(low) | UInt64(high) &<< UInt64(truncatingIfNeeded: (count &- 4) &* 8)
    }
    var tail: UInt64 = 0
    var offset = count
    while offset > 0 {
      offset &-= 1
      tail = tail &<< 8 | UInt64(base.load(fromByteOffset: offset, as: UInt8.self))
    }
    return tail
  }

  /// The hash of the eight bytes of `word`, lowest first.
  @inline(__always)
  static func hash(word: UInt64, seed: UInt64) -> UInt64 {
    finish(take(begin(length: 8, seed: seed), word))
  }

  @inline(__always)
  private static func take(_ state: UInt64, _ word: UInt64) -> UInt64 {
    var word = word &* multiplier
    word ^= word >> 47
    return (state ^ (word &* multiplier)) &* multiplier
  }

  @inline(__always)
  private static func finish(_ state: UInt64) -> UInt64 {
    var state = state ^ (state >> 47)
    state = state &* multiplier
    return state ^ (state >> 47)
  }
}
