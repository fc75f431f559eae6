public import Vocabulary

extension RequestTraits {
  /// Bytes that make a token, as prompts are estimated by.
  private static var bytesPerToken: Int { 4 }

  /// Estimated tokens of the prompt that lie in its first `blocks` blocks, from none to nearly all.
  ///
  /// By their share of the prompt; the rest that fills no block is taken for half of one, its mean.
  /// Of a prompt longer than a chain's limit by the blocks' bytes, for its share is not known.
  public func cachedTokens(inBlocks blocks: Int) -> TokenCount {
    guard blocks > 0, !prefix.hashes.isEmpty else { return .zero }
    let whole = prefix.hashes.count
    let held = min(blocks, whole)
    let share = Double(held) / (Double(whole) + 0.5)
    let tokens = Int(share * Double(promptTokens.number))
    guard whole == PrefixChain.mostBlocks else { return TokenCount(tokens) }
    return TokenCount(min(tokens, held * PrefixChain.blockBytes / RequestTraits.bytesPerToken))
  }
}
