import Policies
import Vocabulary

/// Prompts for tests: bytes, and chains without bytes.
enum Prompts {
  /// `count` bytes that only `seed` decides.
  static func bytes(_ count: Int, seed: UInt64) -> [UInt8] {
    var generator = SplitMix64(seed: seed)
    return (0..<count).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
  }

  /// The chain of `bytes` by the hash function of seed 1.
  static func chain(of bytes: [UInt8], seed: UInt64 = 0) -> PrefixChain {
    bytes.withUnsafeBytes {
      PrefixChain(of: $0, seed: seed, by: PrefixHasher(seed: 1))
    }
  }

  /// The chain of a prompt with these blocks: equal numbers at the start are a common prefix.
  static func chain(_ blocks: some Sequence<Int>) -> PrefixChain {
    var chain = PrefixChain()
    var last: UInt64 = 1
    for block in blocks {
      last = SplitMix64.mix(last &+ SplitMix64.mix(UInt64(bitPattern: Int64(block))))
      chain.hashes.append(last)
    }
    return chain
  }

  /// A worker by its number.
  static func worker(_ number: Int) -> WorkerID { WorkerID(number: UInt32(number)) }
}
