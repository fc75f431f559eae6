internal import Vocabulary

/// Finds the least of candidates that are offered one after the other, any of the equal ones with
/// equal chance.
///
/// The k-th of k equal candidates replaces the one held with chance 1/k (reservoir sampling). Cost:
/// a number from the generator for each tie.
struct LeastDraw {
  /// Place of the candidate held; meaningless before the first offer.
  private(set) var index = 0
  /// Its cost, and what decides between equal ones.
  private(set) var cost = Double.infinity
  private var tieBreak = Double.infinity
  private var equals: UInt64 = 0

  /// Looks at the candidate at `place`.
  @inline(__always)
  mutating func offer(
    _ place: Int, _ cost: Double, _ tieBreak: Double, _ generator: inout SplitMix64
  ) {
    if cost > self.cost || (cost == self.cost && tieBreak > self.tieBreak) { return }
    if cost == self.cost, tieBreak == self.tieBreak {
      equals &+= 1
      guard generator.next(upperBound: equals) == 0 else { return }
    } else {
      equals = 1
    }
    (index, self.cost, self.tieBreak) = (place, cost, tieBreak)
  }
}
