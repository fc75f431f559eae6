internal import Vocabulary

/// The search of a `PairChooser` for the cheapest pair, one pair after the other.
///
/// Notes besides whether any two pairs differ in more than the two workers' own costs.
struct PairSearch {
  /// Draws among equals; used only for these.
  private(set) var generator: SplitMix64
  /// Whether some pair is to another than some other in a way that no policy of one side sees.
  private(set) var sawDifference = false

  private var seen: (relation: PairRelation, cachedBlocks: Int)?
  private var best: (prefill: Int, decode: Int, cost: Double, split: Double)?
  private var equals: UInt64 = 1
  private var place = 0
  private var cachedBlocks = 0
  private var parts = DecodeCost()

  /// A search that has seen nothing.
  init(generator: SplitMix64) {
    self.generator = generator
  }

  /// The cheapest pair; nil when none was possible.
  var choice: PairChoice? {
    best.map {
      PairChoice(prefill: $0.prefill, decode: $0.decode, cost: $0.cost, isTie: equals > 1)
    }
  }

  /// Goes on with pairs of the decode worker at `place`.
  mutating func turn(to place: Int, _ cachedBlocks: Int, _ parts: DecodeCost) {
    self.place = place
    self.cachedBlocks = cachedBlocks
    self.parts = parts
  }

  /// Whether its pairs with prefill workers that cost so much or more are dearer than the best,
  /// whatever is between them; never before a difference was seen, for which all are looked at.
  @inline(__always)
  func isHopeless(costing before: Double) -> Bool {
    guard sawDifference, let best else { return false }
    let least = before + parts.load + parts.fetch
    return (parts.whole ?? least, least) > (best.cost, best.split)
  }

  /// Looks at its pair with the prefill worker at `other`, which costs so much by itself.
  @inline(__always)
  mutating func consider(_ other: Int, costing before: Double, _ relation: PairRelation) {
    if let seen {
      if seen != (relation, cachedBlocks) { sawDifference = true }
    } else {
      seen = (relation, cachedBlocks)
    }
    guard !relation.contains(.impossible) else { return }
    let split = before + parts.load + PairCost.between(relation, fetching: parts.fetch)
    // Alone or not is decided afterwards, so of equal decode workers' pairs the better one counts.
    let cost = parts.whole ?? split
    if let best {
      guard (cost, split) <= (best.cost, best.split) else { return }
      equals = (cost, split) == (best.cost, best.split) ? equals + 1 : 1
      if equals > 1, generator.next(upperBound: equals) != 0 { return }
    }
    best = (other, place, cost, split)
  }
}
