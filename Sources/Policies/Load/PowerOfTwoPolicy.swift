public import Vocabulary

/// Of two workers drawn at random the one with less to do, by `WorkerLoad`.
///
/// The two are never the same one; if they have equally much to do, the first one drawn is taken.
/// Cost: two numbers from the generator and two loads, whatever the number of candidates.
/// Source: Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing" (IEEE TPDS 2001).
public struct PowerOfTwoPolicy: Policy {
  /// Which policy it is.
  public var name: PolicyName { .powerOfTwo }

  /// A policy; it holds nothing.
  public init() {}

  /// The lighter of two; the score is its `WorkerLoad.requests`.
  public mutating func choose(
    for request: borrowing RequestTraits,
    among candidates: UnsafeBufferPointer<WorkerSnapshot>,
    using generator: inout SplitMix64
  ) -> Choice? {
    guard candidates.count > 1 else {
      guard let only = candidates.first else { return nil }
      return Choice(index: 0, reason: .onlyCandidate, score: WorkerLoad(of: only).requests)
    }
    let first = Int(generator.next(upperBound: UInt64(candidates.count)))
    // Drawn from the others: those from the first one on are one place further up.
    var second = Int(generator.next(upperBound: UInt64(candidates.count - 1)))
    if second >= first { second += 1 }
    precondition(second != first && second < candidates.count)
    let (firstLoad, secondLoad) = (
      WorkerLoad(of: candidates[first]), WorkerLoad(of: candidates[second])
    )
    if secondLoad < firstLoad {
      return Choice(index: second, reason: .lighterOfTwo, score: secondLoad.requests)
    }
    let reason: ChoiceReason = firstLoad < secondLoad ? .lighterOfTwo : .tie
    return Choice(index: first, reason: reason, score: firstLoad.requests)
  }
}
