/// A prompt as hashes of its prefixes: element *k* stands for the first *k* + 1 blocks of fixed
/// size.
///
/// Two prompts share as many blocks as their chains have equal elements at the start. The rest of
/// the prompt that fills no block is left out.
public struct PrefixChain: Sendable, Equatable {
  /// Bytes of one block.
  public static let blockBytes = 512

  /// The hash of each prefix, shortest first.
  public var hashes: [UInt64]

  /// A chain of a prompt of which nothing is known.
  @inlinable
  public init() {
    hashes = []
  }
}
