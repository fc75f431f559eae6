internal import Vocabulary

/// The least of the scores seen so far, and where it was; one of several equal ones is drawn.
///
/// The k-th of k equal scores replaces the one held with chance 1/k (reservoir sampling), so nobody
/// is favoured for coming first and one pass is enough. Cost: one number from the generator per
/// equal score.
struct LeastSoFar<Score: Comparable> {
  /// Place of the score held.
  private(set) var index: Int
  /// The score held.
  private(set) var score: Score
  private var equals: UInt64 = 1

  /// Starts with the score at `index`.
  @inline(__always)
  init(_ score: Score, at index: Int) {
    self.score = score
    self.index = index
  }

  /// Whether it was drawn from several equal ones.
  var isTie: Bool { equals > 1 }

  /// Takes the next score.
  @inline(__always)
  mutating func offer(
    _ candidate: Score, at place: Int, using generator: inout SplitMix64
  ) {
    if candidate < score {
      (score, index, equals) = (candidate, place, 1)
    } else if !(score < candidate) {
      equals += 1
      if generator.next(upperBound: equals) == 0 { (score, index) = (candidate, place) }
    }
  }
}
