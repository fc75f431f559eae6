public import Vocabulary

/// Any worker with equal chance, without memory.
///
/// Cost: one number from the generator, whatever the number of candidates.
public struct RandomPolicy: Policy {
  /// Which policy it is.
  public var name: PolicyName { .random }

  /// A policy; it holds nothing.
  public init() {}

  /// A candidate drawn uniformly, without modulo bias.
  public mutating func choose(
    for request: borrowing RequestTraits,
    among candidates: UnsafeBufferPointer<WorkerSnapshot>,
    using generator: inout SplitMix64
  ) -> Choice? {
    guard candidates.count > 1 else {
      return candidates.isEmpty ? nil : Choice(index: 0, reason: .onlyCandidate)
    }
    let index = Int(generator.next(upperBound: UInt64(candidates.count)))
    return Choice(index: index, reason: .random)
  }
}
