internal import Vocabulary

/// The least of many scores, and where it is; one of several equal ones is drawn, each with equal
/// chance. A second number, a count, decides between equal scores where there is one.
///
/// Counts the equal ones and draws once, then looks for the one that was drawn: a number for each
/// of them would cost more than all else where hundreds of workers are idle. Cost: one pass over
/// the scores; where some are equal a number from the generator and half a pass more.
struct LeastPlace {
  /// Place of the least score.
  private(set) var index = 0
  /// The least score.
  private(set) var score: Double
  private var equals: UInt64 = 1

  /// Whether it was drawn from several equal ones.
  var isTie: Bool { equals > 1 }

  /// The least of the scores at the places from 0 to `count` - 1, of which there is one.
  ///
  /// A score is worked out anew each time it is asked for, so it must be cheap, and the same; it is
  /// a number.
  @inline(__always)
  init(
    of count: Int, using generator: inout SplitMix64, score scoreAt: (_ place: Int) -> Double
  ) {
    precondition(count > 0, "somebody has the least")
    score = scoreAt(0)
    for place in 1..<count {
      let candidate = scoreAt(place)
      if candidate > score { continue }
      if candidate < score {
        (score, index, equals) = (candidate, place, 1)
      } else {
        equals &+= 1
      }
    }
    let least = score
    draw(from: count, using: &generator) { scoreAt($0) == least }
  }

  /// The one with the least count of those places that have the score `least`, which is the least
  /// of all.
  @inline(__always)
  init(
    of count: Int, having least: Double, using generator: inout SplitMix64,
    score scoreAt: (_ place: Int) -> Double, count countAt: (_ place: Int) -> Int
  ) {
    score = least
    var fewest = Int.max
    equals = 0
    for place in 0..<count where scoreAt(place) == least {
      let candidate = countAt(place)
      if candidate > fewest { continue }
      if candidate < fewest || equals == 0 {
        (fewest, index, equals) = (candidate, place, 1)
      } else {
        equals &+= 1
      }
    }
    precondition(equals > 0, "somebody has the least")
    draw(from: count, using: &generator) { scoreAt($0) == least && countAt($0) == fewest }
  }

  /// Goes on from the first of the equal ones to the one that is drawn.
  @inline(__always)
  private mutating func draw(
    from count: Int, using generator: inout SplitMix64, among isEqual: (_ place: Int) -> Bool
  ) {
    guard equals > 1 else { return }
    var left = generator.next(upperBound: equals)
    while left > 0 {
      index &+= 1
      precondition(index < count, "there are as many equal ones as were counted")
      if isEqual(index) { left &-= 1 }
    }
  }
}

extension LeastPlace {
  /// The least loaded of `candidates`, of which there is one; `least` is its `WorkerLoad.requests`
  /// where that is known already.
  @inline(__always)
  init(
    loaded candidates: UnsafeBufferPointer<WorkerSnapshot>, least known: Double? = nil,
    using generator: inout SplitMix64
  ) {
    var least = known ?? .infinity
    if known == nil {
      for place in candidates.indices {
        // A plain comparison: `min` also sees to what is not a number.
        let load = candidates[place].load
        least = load < least ? load : least
      }
    }
    self.init(of: candidates.count, having: least, using: &generator) {
      candidates[$0].load
    } count: {
      candidates[$0].tokensInFlight.number
    }
  }
}
