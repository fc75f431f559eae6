internal import Vocabulary

/// The hash function of prompts: fast, and keyed so that no client can prepare collisions.
///
/// A multiply-fold hash in the manner of wyhash: words are mixed with keys, multiplied to 128 bits,
/// and both halves are folded together, in four lanes that do not wait for each other. The keys
/// come from a seed that the process draws at random, so hashes mean nothing outside of it. A
/// collision costs no more than a wrong guess about a cache; it is not for secrets. Cost: some
/// 64 bytes in six cycles; no allocation. Source: Wang Yi et al., "Modern Non-Cryptographic Hash
/// Function and Pseudorandom Number Generator" (2020).
public struct PrefixHasher: Sendable {
  private let keys: SIMD8<UInt64>

  /// The hash function of `seed`: the same seed, the same hashes.
  public init(seed: UInt64) {
    var generator = SplitMix64(seed: seed)
    var keys = SIMD8<UInt64>()
    // An odd key is not zero, and so no lane starts from a zero.
    for place in 0..<8 { keys[place] = generator.next() | 1 }
    self.keys = keys
  }

  /// The hash of `bytes`, any number of them, after `seed`.
  ///
  /// For what must not share prompts (model, adapter, cache salt): fields are joined by taking
  /// one's hash for the next one's seed. The length counts, so no two lists of fields run together.
  public func hash(_ bytes: UnsafeRawBufferPointer, seed: UInt64) -> UInt64 {
    var lane = PrefixHasher.fold(seed ^ keys[0], UInt64(truncatingIfNeeded: bytes.count) ^ keys[1])
    var place = 0
    while place < bytes.count {
      let low = PrefixHasher.word(of: bytes, at: place)
      let high = PrefixHasher.word(of: bytes, at: place + 8)
      lane = PrefixHasher.fold(low ^ keys[2], high ^ keys[3] ^ lane)
      place += 16
    }
    return PrefixHasher.fold(lane ^ keys[4], keys[5])
  }

  /// The hash of a number after `seed`.
  public func hash(_ number: UInt64, seed: UInt64) -> UInt64 {
    PrefixHasher.fold(PrefixHasher.fold(number ^ keys[2], seed ^ keys[3]) ^ keys[4], keys[5])
  }

  /// The hash of a prefix from that of the prefix one block shorter (or the seed) and the
  /// `PrefixChain.blockBytes` bytes at `block`, which need not be aligned.
  func hash(_ block: UnsafeRawPointer, after prefix: UInt64) -> UInt64 {
    let keys = keys
    var (first, second, third, fourth) = (keys[4], keys[5], keys[6], keys[7])
    var offset = 0
    while offset < PrefixChain.blockBytes {
      let stripe = block + offset
      first = PrefixHasher.stride(stripe, keys[0], first)
      second = PrefixHasher.stride(stripe + 16, keys[1], second)
      third = PrefixHasher.stride(stripe + 32, keys[2], third)
      fourth = PrefixHasher.stride(stripe + 48, keys[3], fourth)
      offset += 64
    }
    let content =
      PrefixHasher.fold(first ^ keys[1], second ^ keys[2])
      ^ PrefixHasher.fold(third ^ keys[3], fourth ^ keys[0])
    // The prefix comes in last, so that a block does not wait for the ones before it.
    return PrefixHasher.fold(prefix ^ keys[6], content ^ keys[7])
  }

  /// One lane over 16 bytes.
  @inline(__always)
  private static func stride(_ bytes: UnsafeRawPointer, _ key: UInt64, _ lane: UInt64) -> UInt64 {
    let low = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
    let high = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
    return fold(low ^ key, high ^ lane)
  }

  @inline(__always)
  private static func fold(_ left: UInt64, _ right: UInt64) -> UInt64 {
    let product = left.multipliedFullWidth(by: right)
    return product.high ^ product.low
  }

  /// Up to eight bytes from `place` on; what lies beyond the end is zero.
  private static func word(of bytes: UnsafeRawBufferPointer, at place: Int) -> UInt64 {
    if place + 8 <= bytes.count {
      return UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self))
    }
    var word: UInt64 = 0
    var shift: UInt64 = 0
    for position in place..<max(place, bytes.count) {
      word |= UInt64(bytes[position]) << shift
      shift += 8
    }
    return word
  }
}
