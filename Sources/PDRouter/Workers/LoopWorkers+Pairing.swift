internal import Policies
internal import Vocabulary

// Pairs: chosen together where pairs differ and both policies weigh them, else one leg after the
// other.
extension LoopWorkers {
  /// Chooses a prefill and a decode worker that can be paired, among those not in `tried`; nil when
  /// there is no such pair.
  func choosePair(
    by prefillSeat: inout PolicySeat, _ servingSeat: inout PolicySeat,
    for traits: RequestTraits, except tried: TriedWorkers, now: Instant,
    using generator: inout SplitMix64
  ) -> (prefill: Chosen, decode: Chosen)? {
    refresh()
    caches?.look(at: traits, among: serving.workers.count)
    var condition = Condition(tried: tried, isUrgent: traits.isUrgent, now: now)
    condition.modelRow = modelRow(of: traits.askedModel)
    condition.avoidsEjected = pairs.badCount > 0
    condition.allHaveMet = warmth.holds(
      for: prefill.workers, serving.workers, in: pairs, membership: version)
    condition.overlooksCold = !condition.allHaveMet && overlooksCold()
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

  private func pickPair(
    _ condition: Condition, _ prefillSeat: inout PolicySeat, _ servingSeat: inout PolicySeat,
    _ traits: RequestTraits, _ generator: inout SplitMix64
  ) -> (prefill: Chosen, decode: Chosen)? {
    var condition = condition
    // Whoever is chosen for prefill must leave somebody to choose for decode.
    condition.needsPartner = !allFit || condition.avoidsEjected
    gather(.prefill, condition)
    condition.needsPartner = false
    if let pairChooser, prefillSeat.weighsPairs, servingSeat.weighsPairs,
      pairsMayDiffer(condition)
    {
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

  /// Whether this choice among some strangers is one of those that let them meet.
  private func overlooksCold() -> Bool {
    choicesAmongStrangers += 1
    guard choicesAmongStrangers >= LoopWorkers.meetingOneIn else { return false }
    choicesAmongStrangers = 0
    return true
  }

  /// Whether it is worth comparing pairs: false only if all have met, fit, are in good standing and
  /// near, and nobody has cached any of the request's prompt.
  private func pairsMayDiffer(_ condition: Condition) -> Bool {
    !allFit || !allNear || condition.avoidsEjected || caches?.isHit == true
      || !condition.allHaveMet
  }

  /// The pair that costs least; nil where each leg is to be chosen by itself.
  private func pickTogether(
    by pairChooser: PairChooser, _ condition: Condition, _ prefillSeat: inout PolicySeat,
    _ servingSeat: inout PolicySeat, _ traits: RequestTraits, _ generator: inout SplitMix64
  ) -> (prefill: Chosen, decode: Chosen)? {
    let choice = cheapestPair(pairChooser, condition, traits, &generator)
    guard let choice else { return nil }
    let first = chosen(.prefill, Choice(choice.prefill, of: choice))
    let second = chosen(.serving, Choice(choice.decode, of: choice))
    meet(.prefill, &prefillSeat)
    meet(.serving, &servingSeat)
    prefillSeat.noteChosen(choice.prefill, for: traits, among: prefill.candidates)
    if servingSeat.hasShadow {
      // The shadow sees the decode workers as the policy would have: beside this prefill worker.
      var condition = condition
      condition.partner = partner(at: prefill.place(of: choice.prefill))
      gather(.serving, condition)
      guard let place = serving.candidates.firstIndex(where: { $0.id == second.worker.id })
      else { preconditionFailure("a pair that was chosen is possible") }
      servingSeat.noteChosen(place, for: traits, among: serving.candidates)
    }
    return (first, second)
  }

  /// The prefill worker at `place` of its group, as one side of a pair.
  private func partner(at place: Int) -> Partner {
    Partner(
      id: prefill.workers[place].id, mark: prefill.marks[place], site: prefill.sites[place])
  }

  /// The cheapest pair of the two lineups.
  private func cheapestPair(
    _ chooser: PairChooser, _ condition: Condition, _ traits: RequestTraits,
    _ generator: inout SplitMix64
  ) -> PairChoice? {
    // The closure holds what it reads: with `self` in it, every call would copy all of that.
    let book = pairs
    let (marks, otherMarks) = (prefill.marks, serving.marks)
    let (sites, otherSites) = (prefill.sites, serving.sites)
    let (places, otherPlaces) = (prefill.placesOfSome, serving.placesOfSome)
    let (avoidsEjected, now) = (condition.avoidsEjected, condition.now)
    let isPlain = allFit && allNear && !avoidsEjected && !legsShareWorkers
    let areFriends = condition.overlooksCold || condition.allHaveMet
    return prefill.candidates.withUnsafeBufferPointer { prefills in
      serving.candidates.withUnsafeBufferPointer { decodes in
        chooser.choose(for: traits, prefill: prefills, decode: decodes, using: &generator) {
          let (prefill, decode) = (prefills[$0].id, decodes[$1].id)
          var relation: PairRelation =
            areFriends || book.isWarm(prefill: prefill, decode: decode) ? [] : .cold
          if isPlain { return relation }
          let (here, there) = (places?[$0] ?? $0, otherPlaces?[$1] ?? $1)
          guard prefill != decode, marks[here].fits(otherMarks[there]),
            !avoidsEjected || !book.isEjected(prefill: prefill, decode: decode, now: now)
          else { return .impossible }
          if sites[here].isFar(from: otherSites[there]) { relation.insert(.far) }
          return relation
        }
      }
    }
  }
}

extension LoopWorkers {
  /// The eligible pairs of `worker` that may be and have never met.
  func coldPairs(of worker: Worker) -> [(prefill: Worker, decode: Worker)] {
    refresh()
    let mark = numbers.mark(of: worker)
    guard worker.isEligible, worker.role != .both else { return [] }
    let isPrefill = worker.role == .prefill
    let (others, marks) =
      isPrefill ? (serving.workers, serving.marks) : (prefill.workers, prefill.marks)
    return others.indices.compactMap { place in
      let other = others[place]
      guard marks[place].fits(mark), worker.mayShareModels(with: other) else { return nil }
      let pair = isPrefill ? (worker, other) : (other, worker)
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
