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

  /// A cost that puts every worker with a full cache behind those with room.
  private struct Cost: Comparable {
    var isFull: Bool
    var seconds: Double

    @inline(__always)
    static func < (left: Cost, right: Cost) -> Bool {
      left.isFull != right.isFull ? right.isFull : left.seconds < right.seconds
    }
  }

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
    guard !candidates.isEmpty else { return nil }
    let peers = PeerFigures(of: candidates)
    let least = LeastPlace(of: candidates.count, using: &generator) {
      cost(of: candidates[$0], among: peers)
    }
    let reason: ChoiceReason =
      candidates.count == 1 ? .onlyCandidate : least.isTie ? .tie : .leastCost
    return Choice(index: least.index, reason: reason, score: least.score.seconds)
  }

  @inline(__always)
  private func cost(of worker: borrowing WorkerSnapshot, among peers: PeerFigures) -> Cost {
    var others = peers.foreignRequests
    var usage = peers.kvUsage
    var speed = peers.tokensPerSecond
    if let reported = worker.reported {
      others = Double(reported.foreignRequests)
      usage = reported.kvUsage
      if reported.tokensPerSecond > 0 { speed = reported.tokensPerSecond }
    }
    if worker.isColdPair { others += Double(WorkerLoad.coldPairRequests) }
    let tokens = Double(worker.tokensInFlight.number) + others * peers.tokensPerRequest
    let pressure = min(usage, KVLoadPolicy.fullUsage)
    let room = 1 - pressure
    // Both terms of the sum over one denominator: a division takes as long as all the rest.
    var seconds =
      (tokens * room + KVLoadPolicy.secondsPerPressure * pressure * speed) / (speed * room)
    if worker.share < 1 { seconds /= max(worker.share, WorkerLoad.leastShare) }
    return Cost(isFull: usage >= KVLoadPolicy.fullUsage, seconds: seconds)
  }
}
