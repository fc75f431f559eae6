public import Vocabulary

/// The worker that would be through with what it has soonest, as far as its KV cache has room.
///
/// The cost of a worker is its *drain time* in seconds, and what a filling cache adds:
///
///     (tokens queued and in flight) / (tokens a second) + 0.15 · k / (1 − k)
///
/// k being the share of the KV cache in use. A worker whose cache is nearly full is taken only when
/// all are. What a worker has not said of itself is presumed to be as with the others. Cost: two
/// passes over the candidates. Source: the drain-time policy of SGLang's model gateway.
public struct KVLoadPolicy: Policy {
  /// What half a cache in use costs, in seconds.
  static let secondsPerPressure = 0.15
  /// From here on vLLM is about to preempt requests, which compute their prompts again.
  static let fullUsage = 0.95

  /// Which policy it is.
  public var name: PolicyName { .kvLoad }

  /// A policy; it holds nothing.
  public init() {}

  /// The candidate with the least cost; the score is that cost in seconds.
  public mutating func choose(
    for request: borrowing RequestTraits,
    among candidates: UnsafeBufferPointer<WorkerSnapshot>,
    using generator: inout SplitMix64
  ) -> Choice? {
    guard let first = candidates.baseAddress, !candidates.isEmpty else { return nil }
    let peers = PeerFigures(of: candidates)
    var least = LeastPlace(of: candidates.count, using: &generator) {
      cost(of: first + $0, among: peers, isLastResort: false)
    }
    if least.score == .infinity {
      least = LeastPlace(of: candidates.count, using: &generator) {
        cost(of: first + $0, among: peers, isLastResort: true)
      }
    }
    let reason: ChoiceReason =
      candidates.count == 1 ? .onlyCandidate : least.isTie ? .tie : .leastCost
    return Choice(index: least.index, reason: reason, score: least.score)
  }

  /// Seconds; infinitely many for a worker with a full cache, unless all are full.
  @inline(__always)
  private func cost(
    of worker: UnsafePointer<WorkerSnapshot>, among peers: PeerFigures, isLastResort: Bool
  ) -> Double {
    var others = peers.foreignRequests
    var usage = peers.kvUsage
    var speed = peers.tokensPerSecond
    if worker.pointee.isReported {
      others = Double(worker.pointee.foreignRequests)
      usage = worker.pointee.kvUsage
      if worker.pointee.tokensPerSecond > 0 { speed = worker.pointee.tokensPerSecond }
    }
    if usage >= KVLoadPolicy.fullUsage, !isLastResort { return .infinity }
    if worker.pointee.isColdPair { others += Double(WorkerLoad.coldPairRequests) }
    let tokens = Double(worker.pointee.tokensInFlight.number) + others * peers.tokensPerRequest
    let pressure = usage < KVLoadPolicy.fullUsage ? usage : KVLoadPolicy.fullUsage
    let room = 1 - pressure
    // Both terms of the sum over one denominator: a division takes as long as all the rest.
    let seconds =
      (tokens * room + KVLoadPolicy.secondsPerPressure * pressure * speed) / (speed * room)
    let share = worker.pointee.share
    return share < 1 ? seconds / max(share, WorkerLoad.leastShare) : seconds
  }
}
