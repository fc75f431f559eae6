public import Vocabulary

/// The worker that has most of the prompt in its cache, unless it has too much to do.
///
/// Three cases, by the baseline's flags. If loads are out of balance (the greatest exceeds the
/// least by more than `balanceAbsoluteThreshold` requests, and by `balanceRelativeThreshold`
/// times), the least loaded one is taken. If somebody has more than `cacheThreshold` of the prompt,
/// the one is taken that costs least by
///
///     tokens it would have to compute + (tokens it has in flight) / 10
///
/// and otherwise, the least loaded one. The baseline takes whoever has most, however little more
/// that is; with a prompt that everybody begins with, one worker then gets everything until it is
/// 64 requests ahead. The second term spreads such prompts long before, and leaves a long match
/// where it is. A tenth: with a twentieth hot prompts are hardly spread, with a fifth caches lose
/// (`docs/policies.md` has the figures). Ties are drawn uniformly.
///
/// Holds only its settings; what workers have cached comes with the snapshots, and is learned by
/// whoever routes. Cost: two passes over the candidates, a number from the generator for each tie,
/// no allocation.
public struct CacheAwarePolicy: Policy {
  /// Tokens in flight that weigh as much as one to be computed: most of them are computed or
  /// cached by now, but a token still generated for takes a part of every step.
  private static let tokensPerToken = 10.0

  /// Which policy it is.
  public var name: PolicyName { .cacheAware }

  private let cacheThreshold: Double
  private let absoluteThreshold: Double
  private let relativeThreshold: Double

  /// A policy with the thresholds of `settings`.
  public init(settings: PolicySettings = PolicySettings()) {
    cacheThreshold = settings.cacheThreshold
    absoluteThreshold = Double(settings.balanceAbsoluteThreshold)
    relativeThreshold = settings.balanceRelativeThreshold
  }

  /// The cheapest candidate; the score is what was compared: tokens, or requests where load
  /// decides.
  public mutating func choose(
    for request: borrowing RequestTraits,
    among candidates: UnsafeBufferPointer<WorkerSnapshot>,
    using generator: inout SplitMix64
  ) -> Choice? {
    guard let first = candidates.first else { return nil }
    guard candidates.count > 1 else {
      return Choice(index: 0, reason: .onlyCandidate, score: first.load)
    }
    let blocks = request.prefix.hashes.count
    var least = Double.infinity
    var greatest = 0.0
    var longest = 0
    for place in candidates.indices {
      let load = candidates[place].load
      // Plain comparisons: `min` and `max` also see to what is not a number.
      least = load < least ? load : least
      greatest = load > greatest ? load : greatest
      longest = max(longest, candidates[place].cachedBlocks)
    }
    if greatest - least > absoluteThreshold, greatest > least * relativeThreshold {
      return leastLoaded(of: candidates, least, .loadImbalance, &generator)
    }
    guard blocks > 0, Double(longest) > cacheThreshold * Double(blocks) else {
      return leastLoaded(of: candidates, least, .prefixMiss, &generator)
    }
    return cheapest(of: candidates, request.promptTokens, blocks, &generator)
  }

  /// The candidate with the least cost, where somebody has enough of the prompt. The reason tells
  /// whether the chosen one has.
  private func cheapest(
    of candidates: UnsafeBufferPointer<WorkerSnapshot>, _ promptTokens: TokenCount, _ blocks: Int,
    _ generator: inout SplitMix64
  ) -> Choice {
    guard let first = candidates.baseAddress, blocks > 0 else {
      preconditionFailure("somebody has some of the blocks")
    }
    // A prompt that has blocks has tokens, whatever the estimate says.
    let tokens = Double(max(1, promptTokens.number))
    let tokensPerBlock = tokens / Double(blocks)
    // Ten times the cost: a division for each candidate would take as long as all the rest.
    let least = LeastPlace(of: candidates.count, using: &generator) { place in
      var uncached = tokens
      let cachedBlocks = candidates[place].cachedBlocks
      if cachedBlocks > 0 { uncached -= min(Double(cachedBlocks) * tokensPerBlock, tokens) }
      return uncached * CacheAwarePolicy.tokensPerToken
        + CacheAwarePolicy.tokensAhead(first + place, tokens)
    }
    let isHit = Double(candidates[least.index].cachedBlocks) > cacheThreshold * Double(blocks)
    return Choice(
      index: least.index, reason: isHit ? .prefixHit : .loadImbalance,
      score: least.score / CacheAwarePolicy.tokensPerToken)
  }

  private func leastLoaded(
    of candidates: UnsafeBufferPointer<WorkerSnapshot>, _ load: Double, _ reason: ChoiceReason,
    _ generator: inout SplitMix64
  ) -> Choice {
    let least = LeastPlace(loaded: candidates, least: load, using: &generator)
    return Choice(index: least.index, reason: reason, score: least.score)
  }

  /// Prompt tokens there, where requests that are not ours are taken to be like this one.
  @inline(__always)
  private static func tokensAhead(
    _ worker: UnsafePointer<WorkerSnapshot>, _ tokens: Double
  ) -> Double {
    let queued =
      Double(worker.pointee.tokensInFlight.number) + worker.pointee.extraRequests * tokens
    guard worker.pointee.share < 1 else { return queued }
    // A new worker with nothing to do must not look as good as others with nothing to do.
    let share = max(worker.pointee.share, WorkerLoad.leastShare)
    return queued / share + tokens * (1 / share - 1)
  }
}
