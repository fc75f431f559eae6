internal import Vocabulary

/// What the router has learned of time: to prefill, to hand over, to serve whole.
///
/// The two ways of a request are the sums of durations that were seen: prefill's leg and the
/// hand-over on one side (decode's waiting and first step lie in the hand-over), the time to the
/// first token on the other.
struct LearnedCosts {
  /// What one request is expected to cost on one way.
  struct Estimate {
    /// Until the first token.
    let seconds: Double
    /// Of these, what computing the request's own tokens adds.
    let ownSeconds: Double
    /// Whether a sample of this way would teach something.
    let wantsSample: Bool
  }

  /// About what vLLM's NIXL connector needs, until first contacts are seen.
  private static let presumedHandshake = 5.0
  /// First contacts are few, so each one says much.
  private static let handshakeGain = 0.25
  private static let longestHandshake = 60.0

  private var prefills = FitTable<WorkerID>()
  private var handOvers = FitTable<WorkerPair>()
  private var wholes = FitTable<WorkerID>()

  /// Seconds by which the first hand-over of a pair takes longer.
  private(set) var handshakeSeconds = presumedHandshake

  /// The request served whole by decode.
  func whole(_ question: DisaggregationQuestion, at now: UInt64) -> Estimate? {
    guard let known = wholes.known(question.decode, at: now) else { return nil }
    let uncached = question.uncachedOnDecode
    let factors = CostFactors(
      uncached: uncached, queuedAhead: question.queuedOnDecode.number,
      activeDecodes: question.activeDecodes)
    return Estimate(
      seconds: known.fit.seconds(factors), ownSeconds: known.fit.seconds(ofComputing: uncached),
      wantsSample: known.wantsSample)
  }

  /// The request split, between workers that know each other.
  func split(
    _ question: DisaggregationQuestion, over prefill: WorkerID, at now: UInt64
  ) -> Estimate? {
    let pair = WorkerPair(prefill: prefill, decode: question.decode)
    guard let first = prefills.known(prefill, at: now), let second = handOvers.known(pair, at: now)
    else { return nil }
    let uncached = question.uncachedOnPrefill
    let factors = CostFactors(
      uncached: uncached, queuedAhead: question.queuedOnPrefill.number)
    let moved = CostFactors(uncached: question.uncachedOnDecode)
    // Pairs are many and alike: that all of them together are known is enough.
    return Estimate(
      seconds: first.fit.seconds(factors) + second.fit.seconds(moved),
      ownSeconds: first.fit.seconds(ofComputing: uncached),
      wantsSample: first.wantsSample || !handOvers.isPooledFresh(at: now))
  }

  /// Learns from what became of a request.
  mutating func note(_ observation: DisaggregationObservation, at now: UInt64) {
    switch observation {
    case .prefillDone(let worker, let uncached, let queuedAhead, let took):
      prefills.note(
        worker, CostFactors(uncached: uncached.number, queuedAhead: queuedAhead.number),
        took: took, at: now)
    case .handOver(let prefill, let decode, let tokens, let isColdPair, let took):
      let pair = WorkerPair(prefill: prefill, decode: decode)
      let factors = CostFactors(uncached: tokens.number)
      if isColdPair {
        noteHandshake(pair, factors, took, at: now)
      } else {
        handOvers.note(pair, factors, took: took, at: now)
      }
    case .servedWhole(let worker, let uncached, let queuedAhead, let activeDecodes, let took):
      wholes.note(
        worker,
        CostFactors(
          uncached: uncached.number, queuedAhead: queuedAhead.number,
          activeDecodes: activeDecodes),
        took: took, at: now)
    case .workerLeft(let worker):
      prefills.forget { $0 == worker }
      wholes.forget { $0 == worker }
      handOvers.forget { $0.prefill == worker || $0.decode == worker }
    }
  }

  /// What a first hand-over took beyond a usual one is the handshake.
  private mutating func noteHandshake(
    _ pair: WorkerPair, _ factors: CostFactors, _ took: Duration, at now: UInt64
  ) {
    guard took >= .zero else { return }
    let usual = handOvers.known(pair, at: now)?.fit.seconds(factors) ?? 0
    let seconds = min(max(0, took.inSeconds - usual), LearnedCosts.longestHandshake)
    handshakeSeconds += (seconds - handshakeSeconds) * LearnedCosts.handshakeGain
    precondition(handshakeSeconds >= 0 && handshakeSeconds <= LearnedCosts.longestHandshake)
  }
}
