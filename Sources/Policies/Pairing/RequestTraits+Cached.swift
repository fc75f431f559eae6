public import Vocabulary

extension RequestTraits {
  /// Estimated tokens of the prompt that lie in its first `blocks` blocks, from none to nearly all.
  ///
  /// By their share of the prompt; the rest that fills no block is taken for half of one, its mean.
  @inlinable
  public func cachedTokens(inBlocks blocks: Int) -> TokenCount {
    guard blocks > 0, !prefix.hashes.isEmpty else { return .zero }
    let whole = prefix.hashes.count
    let share = Double(min(blocks, whole)) / (Double(whole) + 0.5)
    return TokenCount(Int(share * Double(promptTokens.number)))
  }
}
