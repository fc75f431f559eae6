public import Vocabulary

/// The worker with the fewest requests in flight, then the fewest tokens, then any of the equal
/// ones.
///
/// Ties are drawn uniformly in the same pass: the k-th of k equal candidates replaces the one held
/// with chance 1/k (reservoir sampling), so nobody is favoured for being registered first. Cost:
/// one pass, and one number from the generator per tie.
///
/// A cold pair counts as `coldPairRequests` requests more: its first request waits seconds for the
/// engines' handshake, as it would behind a few others; more than that would keep the pair cold
/// while its worker idles. A pair that lies apart (`isFarPair`) counts as `farPairRequests` more.
public struct LeastLoadPolicy: Policy {
  /// Requests that a cold pair counts for: a handshake of some 5 s is worth about as many requests
  /// of an ordinary length.
  public static var coldPairRequests: Int { 4 }
  /// Requests that a far pair counts for: the KV of a prompt of some 1,700 tokens takes as much
  /// longer (`PairCost`).
  public static var farPairRequests: Int { 2 }

  /// Which policy it is.
  public var name: PolicyName { .leastLoad }

  /// A policy; it holds nothing.
  public init() {}

  /// The candidate with the least to do; the score is its number of requests in flight,
  /// with what a cold and a far pair count for.
  public mutating func choose(
    for request: borrowing RequestTraits,
    among candidates: UnsafeBufferPointer<WorkerSnapshot>,
    using generator: inout SplitMix64
  ) -> Choice? {
    guard var best = candidates.first else { return nil }
    var index = 0
    var equals: UInt64 = 1
    for place in 1..<max(candidates.count, 1) {
      let candidate = candidates[place]
      switch compare(candidate, best) {
      case .lessToDo:
        (best, index, equals) = (candidate, place, 1)
      case .asMuchToDo:
        equals += 1
        if generator.next(upperBound: equals) == 0 { (best, index) = (candidate, place) }
      case .moreToDo:
        break
      }
    }
    let reason: ChoiceReason =
      candidates.count == 1 ? .onlyCandidate : equals > 1 ? .tie : .leastLoaded
    return Choice(index: index, reason: reason, score: Double(load(best)))
  }

  private enum Comparison {
    case lessToDo
    case asMuchToDo
    case moreToDo
  }

  @inline(__always)
  private func load(_ worker: WorkerSnapshot) -> Int {
    worker.requestsInFlight &+ (worker.isColdPair ? LeastLoadPolicy.coldPairRequests : 0)
      &+ (worker.isFarPair ? LeastLoadPolicy.farPairRequests : 0)
  }

  @inline(__always)
  private func compare(_ left: WorkerSnapshot, _ right: WorkerSnapshot) -> Comparison {
    let (leftLoad, rightLoad) = (load(left), load(right))
    if leftLoad != rightLoad { return leftLoad < rightLoad ? .lessToDo : .moreToDo }
    if left.tokensInFlight != right.tokensInFlight {
      return left.tokensInFlight < right.tokensInFlight ? .lessToDo : .moreToDo
    }
    return .asMuchToDo
  }
}
