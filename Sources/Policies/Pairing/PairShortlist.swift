internal import Vocabulary

/// The candidates of one side that cost least, cheapest first; equal ones in random order.
///
/// Inline; an offer that is not among the cheapest costs one comparison.
struct PairShortlist {
  /// Most that it keeps.
  static let capacity = 16

  private struct Entry {
    var cost = 0.0
    var draw: UInt64 = 0
    var place = 0

    @inline(__always)
    func comesBefore(_ other: Entry) -> Bool {
      cost < other.cost || cost == other.cost && draw < other.draw
    }
  }

  private(set) var count = 0
  private var entries = InlineArray<16, Entry>(repeating: Entry())
  /// Whoever costs more is not among the cheapest.
  private var bar = Double.infinity
  private let salt: UInt64

  /// An empty list; `salt` draws among equals.
  init(salt: UInt64) {
    self.salt = salt
  }

  /// Place among the candidates of the one that stands at `rank`.
  subscript(rank: Int) -> Int {
    precondition(rank < count)
    return entries[rank].place
  }

  /// What the one at `rank` costs by itself.
  func cost(at rank: Int) -> Double {
    precondition(rank < count)
    return entries[rank].cost
  }

  /// The number that stands for the candidate at `place` among equals: the lowest goes first.
  func draw(of place: Int) -> UInt64 {
    SplitMix64.mix(salt &+ UInt64(truncatingIfNeeded: place))
  }

  /// Whether the candidate at `place` is in it.
  func contains(_ place: Int) -> Bool {
    for rank in 0..<count where entries[rank].place == place { return true }
    return false
  }

  /// Takes the candidate at `place` up if it is among the cheapest; the cost is a number.
  @inline(__always)
  mutating func offer(_ place: Int, cost: Double) {
    if cost > bar { return }
    insert(place, cost)
  }

  private mutating func insert(_ place: Int, _ cost: Double) {
    precondition(cost.isFinite)
    let entry = Entry(cost: cost, draw: draw(of: place), place: place)
    let isFull = count == PairShortlist.capacity
    if isFull, !entry.comesBefore(entries[count &- 1]) { return }
    var rank = isFull ? count &- 1 : count
    while rank > 0, entry.comesBefore(entries[unchecked: rank &- 1]) {
      entries[unchecked: rank] = entries[unchecked: rank &- 1]
      rank &-= 1
    }
    entries[rank] = entry
    if !isFull { count += 1 }
    if count == PairShortlist.capacity { bar = entries[PairShortlist.capacity - 1].cost }
  }

  /// Puts the candidate at `place`, which is not in a full list, into it instead of the dearest.
  mutating func replaceLast(by place: Int, cost: Double) {
    precondition(count == PairShortlist.capacity && !contains(place))
    entries[count - 1].place = place
    entries[count - 1].cost = cost
  }
}
