public import Vocabulary

extension RequestTraits {
  /// Bytes that make a token, as prompts are estimated by.
  private static var bytesPerToken: Int { 4 }

  /// Estimated tokens of the prompt that lie in its first `blocks` blocks, from none to nearly all.
  ///
  /// By their share of the prompt; the rest that fills no block is taken for half of one, its mean.
  /// Of a prompt longer than a chain's limit by the blocks' bytes, for its share is not known.
  public func cachedTokens(inBlocks blocks: Int) -> TokenCount {
    TokenCount(Int(Double(max(0, min(blocks, prefix.hashes.count))) * tokensPerBlock))
  }

  /// Estimated tokens of a block; times the blocks that there are it is less than the prompt.
  var tokensPerBlock: Double {
    let whole = prefix.hashes.count
    let share = Double(promptTokens.number) / (Double(whole) + 0.5)
    guard whole == PrefixChain.mostBlocks else { return share }
    return min(share, Double(PrefixChain.blockBytes / RequestTraits.bytesPerToken))
  }
}
