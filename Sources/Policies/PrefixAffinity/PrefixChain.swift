/// A prompt as hashes of its prefixes: element *k* stands for the first *k* + 1 blocks of fixed
/// size.
///
/// Two prompts share as many blocks as their chains have equal elements at the start. The rest of
/// the prompt that fills no block is left out, and so is everything beyond `mostBlocks`. Chains of
/// different seeds or different `PrefixHasher`s have nothing in common.
public struct PrefixChain: Sendable, Equatable {
  /// Bytes of one block.
  ///
  /// Some 128 tokens of English: eight blocks of vLLM's cache. Half of it would double the cost of
  /// remembering for 32 tokens more per request on average; with twice of it short system prompts
  /// fall through.
  public static let blockBytes = 512
  /// Most blocks of a chain: 2 MiB of prompt, half a million tokens. The rest is ignored.
  public static let mostBlocks = 4096

  /// The hash of each prefix, shortest first.
  public var hashes: [UInt64]

  /// A chain of a prompt of which nothing is known.
  @inlinable
  public init() {
    hashes = []
  }

  /// The chain of a prompt that lies in one piece; `PrefixChainBuilder` makes the same of pieces.
  public init(of prompt: UnsafeRawBufferPointer, seed: UInt64, by hasher: PrefixHasher) {
    var builder = PrefixChainBuilder(hasher)
    builder.begin(seed: seed)
    builder.append(prompt)
    self = builder.finish()
  }
}
