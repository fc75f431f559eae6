internal import Vocabulary

/// The candidates of one side that cost least, cheapest first; equal ones in random order.
///
/// Inline; an offer that is not among the cheapest costs one comparison.
struct PairShortlist {
  /// Most that it keeps.
  static let capacity = 16

  private(set) var count = 0
  private var places = InlineArray<16, Int>(repeating: 0)
  private var costs = InlineArray<16, Double>(repeating: 0)
  private var draws = InlineArray<16, UInt64>(repeating: 0)
  private let salt: UInt64

  /// An empty list; `salt` draws among equals.
  init(salt: UInt64) {
    self.salt = salt
  }

  /// Place among the candidates of the one that stands at `rank`.
  subscript(rank: Int) -> Int {
    precondition(rank < count)
    return places[rank]
  }

  /// What the one at `rank` costs by itself.
  func cost(at rank: Int) -> Double {
    precondition(rank < count)
    return costs[rank]
  }

  /// The number that stands for the candidate at `place` among equals: the lowest goes first.
  func draw(of place: Int) -> UInt64 {
    SplitMix64.mix(salt &+ UInt64(truncatingIfNeeded: place))
  }

  /// Whether the candidate at `place` is in it.
  func contains(_ place: Int) -> Bool {
    for rank in 0..<count where places[rank] == place { return true }
    return false
  }

  /// Takes the candidate at `place` up if it is among the cheapest.
  mutating func offer(_ place: Int, cost: Double) {
    precondition(cost.isFinite)
    let isFull = count == PairShortlist.capacity
    if isFull, cost > costs[count - 1] { return }
    let draw = draw(of: place)
    var rank = isFull ? count - 1 : count
    if isFull, !isBefore(cost, draw, rank) { return }
    while rank > 0, isBefore(cost, draw, rank - 1) {
      places[rank] = places[rank - 1]
      costs[rank] = costs[rank - 1]
      draws[rank] = draws[rank - 1]
      rank -= 1
    }
    places[rank] = place
    costs[rank] = cost
    draws[rank] = draw
    if !isFull { count += 1 }
  }

  /// Puts the candidate at `place`, which is not in a full list, into it instead of the dearest.
  mutating func replaceLast(by place: Int, cost: Double) {
    precondition(count == PairShortlist.capacity && !contains(place))
    places[count - 1] = place
    costs[count - 1] = cost
  }

  private func isBefore(_ cost: Double, _ draw: UInt64, _ rank: Int) -> Bool {
    cost < costs[rank] || cost == costs[rank] && draw < draws[rank]
  }
}
