internal import Vocabulary

/// The content of a run of tokens, in 64 bits: what a simulated KV cache holds instead of tensors.
///
/// The digest of two runs joined follows from their digests, in order (a polynomial hash modulo
/// 2^64 over mixed token ids). So the digest of a prompt can be put together from whichever blocks
/// an engine really read, whatever their size, and any wrong, missing or swapped block shows.
package struct TokenDigest: Hashable, Sendable {
  /// The polynomial's value.
  package private(set) var value: UInt64 = 0
  /// How many tokens went in.
  package private(set) var count = 0

  /// The digest of no tokens.
  package init() {}

  /// The digest of `tokens` in order.
  package init(of tokens: some Sequence<UInt32>) {
    for token in tokens { append(token) }
  }

  /// A digest that came over the side channel.
  package init(value: UInt64, count: Int) {
    precondition(count >= 0)
    self.value = value
    self.count = count
  }

  /// Adds one token at the end.
  package mutating func append(_ token: UInt32) {
    value = value &* TokenDigest.factor &+ SplitMix64.mix(UInt64(token) &+ 1)
    count += 1
  }

  /// Adds the run that `other` is the digest of.
  package mutating func append(_ other: TokenDigest) {
    value = value &* TokenDigest.power(other.count) &+ other.value
    count += other.count
  }

  private static var factor: UInt64 { 0x9FB2_1C65_1E98_DF25 }

  private static func power(_ exponent: Int) -> UInt64 {
    var result: UInt64 = 1
    var square = factor
    var rest = exponent
    while rest > 0 {
      if rest & 1 == 1 { result = result &* square }
      square = square &* square
      rest >>= 1
    }
    return result
  }
}
