internal import Vocabulary

/// The simulated model: which token comes next, as a pure function of what was really read.
///
/// Token i depends on the digest of all prompt tokens in the KV cache, on i and on the choice's
/// index, and on nothing else: not on the engine, its seed, temperature or time. So two engines
/// agree on a prompt, and any mistake of routing or KV hand-over shows in the text.
package enum AnswerText {
  /// The token at position `index` of choice `choice`: always a vocabulary word.
  package static func token(at index: Int, choice: Int, of digest: TokenDigest) -> UInt32 {
    let place = UInt64(truncatingIfNeeded: index) << 20 ^ UInt64(truncatingIfNeeded: choice)
    let mixed = SplitMix64.mix(root(of: digest) ^ SplitMix64.mix(place &+ 1))
    return EngineTokenizer.firstWord + UInt32(truncatingIfNeeded: mixed >> 32) % wordCount
  }

  /// How many tokens the answer has when nothing cuts it short, its end-of-sequence token included:
  /// from 24 to 255.
  package static func naturalLength(choice: Int, of digest: TokenDigest) -> Int {
    let mixed = SplitMix64.mix(root(of: digest) &+ UInt64(truncatingIfNeeded: choice) &+ 7)
    return 24 + Int(mixed % 232)
  }

  private static var wordCount: UInt32 { UInt32(EngineWords.count) }

  private static func root(of digest: TokenDigest) -> UInt64 {
    let count = UInt64(truncatingIfNeeded: digest.count)
    return SplitMix64.mix(digest.value &+ count &* 0x2545_F491_4F6C_DD1D)
  }
}
