public import Vocabulary

/// What a decider may know of a request and of the two workers that the policies chose for it.
///
/// Estimates throughout: a number below zero counts as zero, and more cached than there is prompt
/// as all of it.
public struct DisaggregationQuestion: Sendable, Equatable {
  /// Length of the prompt.
  public var promptTokens: TokenCount
  /// The decode worker chosen; it would serve the request whole, or take over from prefill.
  public var decode: WorkerID
  /// The prefill worker chosen; nil when no healthy one is left.
  public var prefill: WorkerID?
  /// Of the prompt, what lies in decode's prefix cache.
  public var cachedOnDecode = TokenCount.zero
  /// Of the prompt, what lies in prefill's prefix cache.
  public var cachedOnPrefill = TokenCount.zero
  /// Prompt tokens that decode has yet to compute for others: those of requests it serves whole,
  /// not of those whose cache it fetches.
  public var queuedOnDecode = TokenCount.zero
  /// Prompt tokens that prefill has yet to compute for others.
  public var queuedOnPrefill = TokenCount.zero
  /// Requests that decode is generating tokens for.
  public var activeDecodes = 0
  /// Whether the two have yet to make each other's acquaintance before KV can move.
  public var isColdPair = false
  /// Whether the decode engine can compute a prompt by itself; SGLang's cannot.
  public var decodeCanPrefill = true

  /// A question about a prompt on idle workers with nothing cached, which know each other.
  @inlinable
  public init(promptTokens: TokenCount, prefill: WorkerID?, decode: WorkerID) {
    self.promptTokens = promptTokens
    self.prefill = prefill
    self.decode = decode
  }

  /// Tokens of the prompt that decode would compute, or fetch from prefill; from 0 to all.
  var uncachedOnDecode: Int { max(0, promptTokens.number) - held(cachedOnDecode) }

  /// Tokens of the prompt that prefill would compute; from 0 to all.
  var uncachedOnPrefill: Int { max(0, promptTokens.number) - held(cachedOnPrefill) }

  private func held(_ cached: TokenCount) -> Int {
    max(0, min(cached.number, promptTokens.number))
  }
}
