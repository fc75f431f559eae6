public import Vocabulary

/// Any worker with equal chance, without memory.
///
/// One that is to be given less than its part (`WorkerSnapshot.share`) is taken with just that
/// chance when it is drawn, and otherwise another is drawn. Cost: one number from the generator,
/// whatever the number of candidates; at most two for each of eight draws while some have lesser
/// shares.
public struct RandomPolicy: Policy {
  /// Draws until somebody is taken in any case; where half the workers have a share of a tenth, one
  /// choice in a hundred gets that far.
  private static let mostDraws = 8

  /// Which policy it is.
  public var name: PolicyName { .random }

  /// A policy; it holds nothing.
  public init() {}

  /// A candidate drawn uniformly, without modulo bias, and by its share.
  public mutating func choose(
    for request: borrowing RequestTraits,
    among candidates: UnsafeBufferPointer<WorkerSnapshot>,
    using generator: inout SplitMix64
  ) -> Choice? {
    guard candidates.count > 1 else {
      return candidates.isEmpty ? nil : Choice(index: 0, reason: .onlyCandidate)
    }
    var index = 0
    for _ in 0..<RandomPolicy.mostDraws {
      index = Int(generator.next(upperBound: UInt64(candidates.count)))
      let share = candidates[index].share
      if share >= 1 || Double(generator.next() >> 11) * 0x1p-53 < share { break }
    }
    return Choice(index: index, reason: .random)
  }
}
