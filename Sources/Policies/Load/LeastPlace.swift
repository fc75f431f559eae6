internal import Vocabulary

/// The least of many scores, and where it is; one of several equal ones is drawn, each with equal
/// chance.
///
/// Counts the equal ones and draws once, then looks for the one that was drawn: a number for each
/// of them would cost more than all else where hundreds of workers are idle. Cost: one pass over
/// the scores; where some are equal a number from the generator and half a pass more.
struct LeastPlace<Score: Comparable> {
  /// Place of the least score.
  private(set) var index = 0
  /// The least score.
  private(set) var score: Score
  private var equals: UInt64 = 1

  /// Whether it was drawn from several equal ones.
  var isTie: Bool { equals > 1 }

  /// The least of the scores at the places from 0 to `count` - 1, of which there is one.
  ///
  /// A score is worked out anew each time it is asked for, so it must be cheap, and the same.
  @inline(__always)
  init(
    of count: Int, using generator: inout SplitMix64, score scoreAt: (_ place: Int) -> Score
  ) {
    precondition(count > 0, "somebody has the least")
    score = scoreAt(0)
    for place in 1..<count {
      let candidate = scoreAt(place)
      if score < candidate { continue }
      if candidate < score {
        (score, index, equals) = (candidate, place, 1)
      } else {
        equals &+= 1
      }
    }
    guard equals > 1 else { return }
    var left = generator.next(upperBound: equals)
    while left > 0 {
      index &+= 1
      precondition(index < count, "there are as many equal scores as were counted")
      if !(score < scoreAt(index)) { left &-= 1 }
    }
  }
}
