public import Vocabulary

/// Chooses a prefill and a decode worker together: the pair that one request costs least on.
///
///     cost = queue and uncached tokens at prefill + KV to fetch + handshake + requests at decode
///
/// in prompt tokens (`PairCost` has the weights); where decode holds nearly the whole prompt and
/// would serve the request alone, what is left to compute stands for all but the last. It chooses
/// only where pairs differ, since otherwise each side's best is the best pair and their policies
/// know better what the operator wants.
///
/// Of each side the 16 that cost least by themselves are compared, and of decode also the one that
/// suits the cheapest prefill worker best, so the pair is never dearer than the best one of that.
/// Pure, without memory; allocates nothing. Cost: a pass over each side, one look at up to 256
/// pairs, and where there are more than 16 decode workers one at each of theirs with the cheapest
/// prefill worker.
public struct PairChooser: Sendable {
  /// Tokens below which a decode worker is expected to serve the request by itself; nil: never.
  public let servesWholeBelow: TokenCount?

  /// A chooser for routers whose decode workers serve alone what leaves them fewer tokens to
  /// compute than said.
  public init(servesWholeBelow: TokenCount? = nil) {
    self.servesWholeBelow = servesWholeBelow
  }

  /// The pair for `request` that costs least, drawn among equals; nil when no two pairs differ, or
  /// none of those compared is possible. The generator moves only when there is a choice.
  ///
  /// `relation` says what is between the workers at two places of the buffers.
  public func choose(
    for request: borrowing RequestTraits,
    prefill: UnsafeBufferPointer<WorkerSnapshot>, decode: UnsafeBufferPointer<WorkerSnapshot>,
    using generator: inout SplitMix64,
    relation: (_ prefill: Int, _ decode: Int) -> PairRelation
  ) -> PairChoice? {
    guard let first = prefill.baseAddress, let second = decode.baseAddress, !prefill.isEmpty,
      !decode.isEmpty, prefill.count + decode.count > 2
    else { return nil }
    let cost = PairCost(of: request, servesWholeBelow: servesWholeBelow)
    // Where nothing is chosen, the policies draw what they would have drawn anyway.
    var draws = generator
    var prefills = PairShortlist(salt: draws.next())
    for place in prefill.indices {
      prefills.offer(place, cost: cost.prefill(on: first + place))
    }
    let decodes = shortlist(
      decode, cost, behind: prefills, salt: draws.next(), relation: relation)
    var search = PairSearch(generator: draws)
    for rank in 0..<decodes.count {
      let place = decodes[rank]
      search.turn(to: place, decode[place].cachedBlocks, cost.decode(on: second + place))
      for other in 0..<prefills.count {
        let before = prefills.cost(at: other)
        if search.isHopeless(costing: before) { break }
        search.consider(prefills[other], costing: before, relation(prefills[other], place))
      }
    }
    guard search.sawDifference, let choice = search.choice else { return nil }
    generator = search.generator
    return choice
  }

  /// The decode workers that cost least with a prefill worker that is as cheap as the cheapest and
  /// knows them well, and the one that really costs least with the cheapest.
  private func shortlist(
    _ decode: UnsafeBufferPointer<WorkerSnapshot>, _ cost: PairCost,
    behind prefills: borrowing PairShortlist, salt: UInt64,
    relation: (_ prefill: Int, _ decode: Int) -> PairRelation
  ) -> PairShortlist {
    var decodes = PairShortlist(salt: salt)
    guard let workers = decode.baseAddress else { return decodes }
    let isCut = decode.count > PairShortlist.capacity
    let (first, before) = (prefills[0], prefills.cost(at: 0))
    var partner = (place: 0, cost: Double.infinity, own: 0.0)
    for place in decode.indices {
      let parts = cost.decode(on: workers + place)
      let own = parts.whole ?? before + parts.load + parts.fetch
      decodes.offer(place, cost: own)
      // What is between the two only adds to it.
      guard isCut, own <= partner.cost else { continue }
      let relation = relation(first, place)
      guard !relation.contains(.impossible) else { continue }
      let real =
        parts.whole ?? before + parts.load + PairCost.between(relation, fetching: parts.fetch)
      if real < partner.cost
        || real == partner.cost && decodes.draw(of: place) < decodes.draw(of: partner.place)
      {
        partner = (place, real, own)
      }
    }
    if partner.cost.isFinite, !decodes.contains(partner.place) {
      decodes.replaceLast(by: partner.place, cost: partner.own)
    }
    return decodes
  }
}
