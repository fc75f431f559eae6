public import Vocabulary

/// The worker with the least `WorkerLoad`, any of several equal ones.
///
/// Cost: two short passes; where several are equal a number from the generator and half a pass
/// more.
public struct LeastLoadPolicy: Policy {
  /// Which policy it is.
  public var name: PolicyName { .leastLoad }

  /// A policy; it holds nothing.
  public init() {}

  /// The candidate with the least to do; the score is its `WorkerLoad.requests`.
  public mutating func choose(
    for request: borrowing RequestTraits,
    among candidates: UnsafeBufferPointer<WorkerSnapshot>,
    using generator: inout SplitMix64
  ) -> Choice? {
    guard !candidates.isEmpty else { return nil }
    let least = LeastPlace(loaded: candidates, using: &generator)
    let reason: ChoiceReason =
      candidates.count == 1 ? .onlyCandidate : least.isTie ? .tie : .leastLoaded
    return Choice(index: least.index, reason: reason, score: least.score)
  }
}
