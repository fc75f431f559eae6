internal import Policies
internal import Vocabulary

// Pairs: chosen together where pairs differ and both policies weigh them, else one leg after the
// other.
extension LoopWorkers {
  /// Chooses a prefill and a decode worker that can be paired, among those not in `tried`; nil when
  /// there is no such pair.
  mutating func choosePair(
    by prefillSeat: inout PolicySeat, _ servingSeat: inout PolicySeat,
    for traits: RequestTraits, except tried: TriedWorkers, now: Instant,
    using generator: inout SplitMix64
  ) -> (prefill: Chosen, decode: Chosen)? {
    refresh()
    var condition = Condition(tried: tried, now: now)
    condition.avoidsEjected = pairs.badCount > 0
    var pair = pickPair(condition, &prefillSeat, &servingSeat, traits, &generator)
    if pair == nil, condition.avoidsEjected {
      condition.avoidsEjected = false
      pair = pickPair(condition, &prefillSeat, &servingSeat, traits, &generator)
    }
    guard let pair else { return nil }
    pairs.noteChosen(
      prefill: pair.prefill.worker.id, decode: pair.decode.worker.id, now: now)
    return pair
  }

  private mutating func pickPair(
    _ condition: Condition, _ prefillSeat: inout PolicySeat, _ servingSeat: inout PolicySeat,
    _ traits: RequestTraits, _ generator: inout SplitMix64
  ) -> (prefill: Chosen, decode: Chosen)? {
    var condition = condition
    // Whoever is chosen for prefill must leave somebody to choose for decode.
    condition.needsPartner = !allFit || condition.avoidsEjected
    gather(.prefill, condition)
    condition.needsPartner = false
    if let pairChooser, prefillSeat.weighsPairs, servingSeat.weighsPairs {
      gather(.serving, condition)
      let pair = pickTogether(
        by: pairChooser, condition, &prefillSeat, &servingSeat, traits, &generator)
      if let pair { return pair }
    }
    guard let first = pick(.prefill, by: &prefillSeat, traits, &generator) else { return nil }
    condition.partner = partner(at: first.place)
    gather(.serving, condition)
    guard let second = pick(.serving, by: &servingSeat, traits, &generator) else { return nil }
    return (first.chosen, second.chosen)
  }

  /// The pair that costs least; nil where each leg is to be chosen by itself.
  private mutating func pickTogether(
    by pairChooser: PairChooser, _ condition: Condition, _ prefillSeat: inout PolicySeat,
    _ servingSeat: inout PolicySeat, _ traits: RequestTraits, _ generator: inout SplitMix64
  ) -> (prefill: Chosen, decode: Chosen)? {
    let choice = prefillLineup.candidates.withUnsafeBufferPointer { prefills in
      servingLineup.candidates.withUnsafeBufferPointer { decodes in
        pairChooser.choose(
          for: traits, prefill: prefills, decode: decodes, using: &generator
        ) { relation($0, $1, avoidsEjected: condition.avoidsEjected, now: condition.now) }
      }
    }
    guard let choice else { return nil }
    let first = chosen(.prefill, Choice(choice.prefill, of: choice))
    let second = chosen(.serving, Choice(choice.decode, of: choice))
    meet(.prefill, &prefillSeat)
    meet(.serving, &servingSeat)
    prefillSeat.noteChosen(choice.prefill, for: traits, among: prefillLineup.candidates)
    if servingSeat.hasShadow {
      // The shadow sees the decode workers as the policy would have: beside this prefill worker.
      var condition = condition
      condition.partner = partner(at: prefillLineup.places[choice.prefill])
      gather(.serving, condition)
      guard let place = servingLineup.candidates.firstIndex(where: { $0.id == second.worker.id })
      else { preconditionFailure("a pair that was chosen is possible") }
      servingSeat.noteChosen(place, for: traits, among: servingLineup.candidates)
    }
    return (first, second)
  }

  /// The prefill worker at `place` of its group, as one side of a pair.
  private func partner(at place: Int) -> Partner {
    Partner(
      id: prefill.workers[place].id, mark: prefill.marks[place], site: prefill.sites[place])
  }

  /// What is between the prefill and the serving candidate at these places of the lineups.
  private func relation(
    _ first: Int, _ second: Int, avoidsEjected: Bool, now: Instant
  ) -> PairRelation {
    // Identities come from the snapshots: touching the workers would count references.
    let (prefillID, decodeID) = (
      prefillLineup.candidates[first].id, servingLineup.candidates[second].id
    )
    let (here, there) = (prefillLineup.places[first], servingLineup.places[second])
    guard prefillID != decodeID, prefill.marks[here].fits(serving.marks[there]),
      !avoidsEjected || !pairs.isEjected(prefill: prefillID, decode: decodeID, now: now)
    else { return .impossible }
    var relation: PairRelation = []
    if !pairs.isWarm(prefill: prefillID, decode: decodeID) { relation.insert(.cold) }
    if serving.sites[there].isFar(from: prefill.sites[here]) { relation.insert(.far) }
    return relation
  }
}

extension LoopWorkers {
  /// The eligible pairs of `worker` that may be and have never met.
  mutating func coldPairs(of worker: Worker) -> [(prefill: Worker, decode: Worker)] {
    refresh()
    let mark = numbers.mark(of: worker)
    guard worker.isEligible, worker.role != .both else { return [] }
    let group = worker.role == .prefill ? serving : prefill
    return group.workers.indices.compactMap { place in
      let other = group.workers[place]
      guard group.marks[place].fits(mark) else { return nil }
      let pair = worker.role == .prefill ? (worker, other) : (other, worker)
      return pairs.isWarm(prefill: pair.0.id, decode: pair.1.id) ? nil : pair
    }
  }
}

extension Choice {
  /// One side of a pair that was chosen together; the score is the pair's.
  fileprivate init(_ index: Int, of pair: PairChoice) {
    self.init(index: index, reason: pair.reason, score: pair.cost)
  }
}
