public import Vocabulary

/// How large a chunk of a prompt one engine step should take: a pure rule.
///
/// A step has a budget of tokens (vLLM's `max_num_batched_tokens`). Alone, a prompt gets all of it:
/// larger chunks use the machine better and nobody waits. With work queued ahead, the budget is
/// shared in proportion to what each side still has to compute,
///
///     chunk = budget × uncached / (uncached + queued ahead)
///
/// so that a short prompt behind a long one takes the small part it needs of every step, instead of
/// waiting for the long one to end, and a long one leaves room for those before it. Not below
/// `smallest` (under some hundred tokens a step's fixed cost outweighs its work), not above what is
/// left to compute, and a multiple of `granule` (the KV block) unless the whole rest fits.
public struct ChunkRule: Sendable, Equatable {
  /// Tokens one step may compute.
  public let budget: TokenCount
  /// Smallest chunk that is worth a step.
  public let smallest: TokenCount
  /// Chunks are multiples of this: tokens per KV block.
  public let granule: TokenCount

  /// A rule; the defaults are vLLM's: 2,048 tokens a step, blocks of 16; and 256 as the least.
  public init(
    budget: TokenCount = TokenCount(2048),
    smallest: TokenCount = TokenCount(256),
    granule: TokenCount = TokenCount(16)
  ) {
    precondition(granule.number > 0 && smallest >= granule && budget >= smallest)
    self.budget = budget
    self.smallest = smallest
    self.granule = granule
  }

  /// The chunk for a prompt with `uncached` tokens to compute and `queuedAhead` tokens before it.
  public func chunk(uncached: TokenCount, queuedAhead: TokenCount) -> TokenCount {
    precondition(uncached.number >= 0 && queuedAhead.number >= 0)
    guard uncached.number > 0 else { return .zero }
    let share =
      Double(budget.number)
      * (Double(uncached.number) / (Double(uncached.number) + Double(queuedAhead.number)))
    let wanted = min(max(Int(share), smallest.number), budget.number)
    guard wanted < uncached.number else { return uncached }
    return TokenCount(wanted / granule.number * granule.number)
  }
}
