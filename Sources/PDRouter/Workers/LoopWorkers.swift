internal import Policies
internal import Vocabulary

/// One loop's view of the workers: who is eligible for which leg, as the policies want to see them.
///
/// Copied from the registry when its version moves; loads are read afresh for every choice.
/// Workers that cannot be paired (`CompatibilityMark`) never are; pairs that keep failing
/// (`PairBook`) are passed over while another is possible. A pair is chosen together where pairs
/// differ and both policies weigh them (`PairChooser`), else one leg after the other. Choosing
/// allocates nothing once the arrays have grown, and costs one pass over the workers of the leg;
/// for a pair, while some pairs are ejected or impossible, a look for one partner of each prefill
/// worker besides. A class, so that nobody who looks at it takes a copy of half a kilobyte.
final class LoopWorkers {
  typealias Leg = PolicyLeg

  /// A worker, and why it was chosen.
  struct Chosen {
    /// Unchecked, so that the value is passed around for nothing: the line-up holds the worker, or
    /// the pinned pair does, and whoever asked looks at it before anything else happens.
    unowned(unsafe) let worker: Worker
    let choice: Choice
    /// Leading blocks of the request's prefix that lie in its cache as far as is known.
    var cachedBlocks = 0
    /// The same, also where the worker's part of the index is not believed.
    var predictedBlocks = 0
  }

  /// One side of a pair.
  struct Partner {
    let id: WorkerID
    let mark: CompatibilityMark
    let site: WorkerSite
  }

  /// What a worker must be, besides a member of its group.
  struct Condition {
    var tried: TriedWorkers
    /// The other one of the pair.
    var partner: Partner?
    /// Whether somebody must be there to be paired with.
    var needsPartner = false
    var avoidsEjected = false
    /// Whether strangers are taken for acquaintances, so that they become some.
    var overlooksCold = false
    /// Whether only urgent requests are ahead of the one to be placed.
    var isUrgent = false
    /// Whether the other one may be none of its group any more, of which less is known.
    var partnerMayHaveLeft = false
    /// Whether all pairs of the two groups have met.
    var allHaveMet = false
    /// Who serves the model that is asked for, as a row of the roster.
    var modelRow = ModelRoster.everybody
    var now: Instant
  }

  private let registry: WorkerRegistry
  /// Chooses pairs together; nil: each leg is always chosen by itself.
  let pairChooser: PairChooser?
  private let slowStart: SlowStart
  /// Percent of a group that must be eligible; with fewer, ejections are overlooked.
  private let panicThreshold: Int
  private(set) var version = 0
  private var reportVersion = 0
  private(set) var members: [Worker] = []
  /// Who serves which model, as far as it was asked for.
  var roster = ModelRoster()
  /// Whether the workers do not all serve the same models.
  var isMixed = false
  /// Whether a model that nobody lists is left to any engine.
  let passesUnknownModels: Bool
  /// When the next ejection is over.
  private(set) var nextReturn = Instant.distantFuture
  /// Workers that have left since they were taken last.
  private var departed: [Worker] = []
  private(set) var prefill = LegWorkers()
  private(set) var serving = LegWorkers()
  var numbers = MarkNumbers()
  private var siteNumbers = SiteNumbers()
  /// Whether every prefill worker may be paired with every serving one.
  private(set) var allFit = true
  /// Whether no two workers lie apart.
  private(set) var allNear = true
  /// What lies in the workers' prefix caches; nil when no policy wants to know.
  let caches: CacheKnowledge?
  /// What this loop has seen of pairs.
  var pairs = PairBook()
  var warmth = PairWarmth()
  /// One in so many pairs is chosen as if all had met: whoever counts only what a handshake costs
  /// now would stay with the first pair that has met, as long as it has little to do.
  static let meetingOneIn = 8
  /// Pairs chosen since, while some have not met.
  var choicesAmongStrangers = 0
  /// Room for the next line-up of some.
  private var spare = LegWorkers.Lineup()
  /// Whether some worker may be chosen for either leg.
  private(set) var legsShareWorkers = false

  init(
    registry: WorkerRegistry, pairChooser: PairChooser? = PairChooser(),
    caches: CacheKnowledge? = nil, slowStart: SlowStart = SlowStart(over: .zero),
    passesUnknownModels: Bool = false, panicThreshold: Int = 0
  ) {
    self.registry = registry
    self.passesUnknownModels = passesUnknownModels
    self.caches = caches
    self.pairChooser = pairChooser
    self.slowStart = slowStart
    self.panicThreshold = panicThreshold
  }

  /// Chooses one eligible worker for `leg` by `policy`, among those not in `tried`; for the serving
  /// leg of a handle one that can be paired with the `prefill` worker that made it.
  func choose(
    _ leg: Leg, by seat: inout PolicySeat, for traits: RequestTraits, except tried: TriedWorkers,
    pairedWith prefill: Worker? = nil, now: Instant, using generator: inout SplitMix64
  ) -> Chosen? {
    refresh()
    caches?.look(at: traits, among: serving.workers.count)
    var condition = Condition(tried: tried, isUrgent: traits.isUrgent, now: now)
    condition.modelRow = modelRow(of: traits.askedModel)
    guard let prefill else {
      gather(leg, condition)
      return pick(leg, by: &seat, traits, &generator)?.chosen
    }
    condition.partner = Partner(
      id: prefill.id, mark: numbers.mark(of: prefill), site: siteNumbers.site(of: prefill))
    condition.partnerMayHaveLeft = true
    condition.avoidsEjected = pairs.badCount > 0
    gather(leg, condition)
    if hasNobody(leg), condition.avoidsEjected {
      condition.avoidsEjected = false
      gather(leg, condition)
    }
    guard let found = pick(leg, by: &seat, traits, &generator)?.chosen else { return nil }
    pairs.noteChosen(prefill: prefill.id, decode: found.worker.id, now: now)
    return found
  }

  /// Whether there is a worker for `leg` of such a request besides those of `tried`.
  func hasWorker(
    _ leg: Leg, for traits: borrowing RequestTraits, except tried: TriedWorkers
  ) -> Bool {
    refresh()
    let row = modelRow(of: traits.askedModel)
    return leg == .prefill
      ? isAnybody(of: prefill, leg, row, tried) : isAnybody(of: serving, leg, row, tried)
  }

  private func isAnybody(
    of group: borrowing LegWorkers, _ leg: Leg, _ row: Int, _ tried: TriedWorkers
  ) -> Bool {
    for place in group.workers.indices
    where roster.serves(row, leg, place) && group.hasRoom(group.workers[place])
      && !tried.contains(group.workers[place])
    {
      return true
    }
    return false
  }

  /// Whether there is anybody who may become a candidate for `leg`, the ill and the draining
  /// included.
  func knowsWorkers(_ leg: Leg) -> Bool {
    refresh()
    let outsider: Role = leg == .prefill ? .decode : .prefill
    return members.contains { $0.role != outsider }
  }

  /// Whether so few workers are eligible for `leg` that ejections are overlooked.
  func overlooksEjections(_ leg: Leg) -> Bool {
    leg == .prefill ? prefill.overlooksEjections : serving.overlooksEjections
  }

  /// Whether the two may ever be paired, as far as their engines are known.
  func isCompatible(_ prefill: Worker, _ decode: Worker) -> Bool {
    numbers.mark(of: prefill).fits(numbers.mark(of: decode))
  }

  /// Copies the registry's list, and what workers said of their loads, if they have moved.
  func refresh() {
    let reports = registry.reportVersion
    let current = registry.version
    guard current != version else {
      if reports != reportVersion {
        prefill.copyReports()
        serving.copyReports()
      }
      reportVersion = reports
      return
    }
    reportVersion = reports
    version = current
    departed += members.filter { $0.state == .gone }
    members = registry.workers
    nextReturn = members.lazy.compactMap { $0.breaker.ejectedUntil }.min() ?? .distantFuture
    numbers = MarkNumbers()
    siteNumbers = SiteNumbers()
    prefill = makeGroup { $0.role != .decode }
    serving = makeGroup { $0.role != .prefill }
    noteModels(of: members)
    legsShareWorkers = members.contains { $0.role == .both }
    let kinds = Set(serving.marks)
    allNear = siteNumbers.count < 2
    allFit = Set(prefill.marks).allSatisfy { mark in kinds.allSatisfy { mark.fits($0) } }
  }

  /// The workers that could be chosen before and have left since the last call.
  func takeDeparted() -> [Worker] {
    guard !departed.isEmpty else { return [] }
    defer { departed = [] }
    return departed
  }
}

// MARK: - Picking

extension LoopWorkers {
  /// Lets the policy of `seat` choose among the candidates of `leg`; says which of the group it is.
  func pick(
    _ leg: Leg, by seat: inout PolicySeat, _ traits: RequestTraits, _ generator: inout SplitMix64
  ) -> (chosen: Chosen, place: Int)? {
    meet(leg, &seat)
    let candidates = candidates(leg)
    guard let choice = seat.choose(for: traits, among: candidates, using: &generator)
    else { return nil }
    return (chosen(leg, choice), place(leg, choice.index))
  }

  /// Tells the policy of `leg` who may be chosen, where that has changed.
  func meet(_ leg: Leg, _ seat: inout PolicySeat) {
    seat.note(policyMembers(leg), version: version)
  }

  /// The worker that `choice` names among the candidates of `leg`.
  func chosen(_ leg: Leg, _ choice: Choice) -> Chosen {
    let (worker, blocks) =
      leg == .prefill ? prefill.candidate(at: choice.index) : serving.candidate(at: choice.index)
    return Chosen(
      worker: worker, choice: choice, cachedBlocks: blocks,
      predictedBlocks: caches?.predictedBlocks(on: worker.id) ?? 0)
  }

  /// What policies see of the candidates of `leg`.
  func candidates(_ leg: Leg) -> [WorkerSnapshot] {
    leg == .prefill ? prefill.candidates : serving.candidates
  }

  /// The place in the group of `leg` of its candidate at `index`.
  func place(_ leg: Leg, _ index: Int) -> Int {
    leg == .prefill ? prefill.place(of: index) : serving.place(of: index)
  }

  private func hasNobody(_ leg: Leg) -> Bool {
    leg == .prefill ? prefill.hasNobody : serving.hasNobody
  }

  /// Everybody who may become a candidate for `leg`, the ill and the draining included.
  private func policyMembers(_ leg: Leg) -> [PolicyMember] {
    let outsider: Role = leg == .prefill ? .decode : .prefill
    return members.filter { $0.role != outsider }.map {
      PolicyMember(id: $0.id, url: $0.url.text)
    }
  }

  /// Makes those the candidates of `leg` that meet `condition`, as they are now.
  func gather(_ leg: Leg, _ condition: Condition) {
    switch leg {
    case .prefill:
      prefill.update(now: condition.now, slowStart: slowStart)
      caches?.note(in: &prefill)
    case .serving:
      serving.update(now: condition.now, slowStart: slowStart)
      caches?.note(in: &serving)
      markPairs(condition)
    }
    guard isNarrow(condition, for: leg) else {
      leg == .prefill ? prefill.widen() : serving.widen()
      return
    }
    var lineup = LegWorkers.Lineup()
    swap(&lineup, &spare)
    lineup.places.removeAll(keepingCapacity: true)
    lineup.candidates.removeAll(keepingCapacity: true)
    switch leg {
    case .prefill:
      select(from: prefill, leg, condition, into: &lineup)
      prefill.narrow(to: &lineup)
    case .serving:
      select(from: serving, leg, condition, into: &lineup)
      serving.narrow(to: &lineup)
    }
    swap(&lineup, &spare)
  }

  private func markPairs(_ condition: Condition) {
    guard let partner = condition.partner,
      !allNear || !condition.allHaveMet || condition.partnerMayHaveLeft
    else { return serving.unmarkPairs() }
    // All have met, or are taken for acquaintances: then nobody is cold.
    if condition.overlooksCold || condition.allHaveMet {
      serving.markPairs(of: partner) { _ in true }
    } else {
      let (book, row) = (pairs, pairs.row(of: partner.id))
      serving.markPairs(of: partner) { book.isWarm(row, $0) }
    }
  }

  /// Whether `condition` may leave out some of the group of `leg`, or sees them otherwise.
  private func isNarrow(_ condition: Condition, for leg: Leg) -> Bool {
    if condition.isUrgent || !condition.tried.isEmpty { return true }
    if condition.modelRow != ModelRoster.everybody { return true }
    if leg == .prefill ? prefill.hasTried : serving.hasTried { return true }
    guard condition.partner != nil else { return condition.needsPartner }
    return condition.avoidsEjected || condition.partnerMayHaveLeft || !allFit || legsShareWorkers
  }

  /// Puts copies of those of `group` that meet `condition` into `lineup`.
  private func select(
    from group: borrowing LegWorkers, _ leg: Leg, _ condition: Condition,
    into lineup: inout LegWorkers.Lineup
  ) {
    for place in group.workers.indices where roster.serves(condition.modelRow, leg, place) {
      let (id, mark) = (group.everybody[place].id, group.marks[place])
      guard !group.hasTried || group.hasRoom(group.workers[place]),
        condition.tried.isEmpty || !condition.tried.contains(group.workers[place]),
        isPossible(id, mark, condition),
        !condition.needsPartner
          || hasPartner(Partner(id: id, mark: mark, site: group.sites[place]), condition)
      else { continue }
      lineup.places.append(place)
      lineup.candidates.append(group.everybody[place])
      guard condition.isUrgent else { continue }
      let worker = group.workers[place]
      lineup.candidates[lineup.candidates.count - 1].note(
        requestsInFlight: worker.urgentInFlight,
        tokensInFlight: group.everybody[place].tokensInFlight)
    }
  }

  /// Whether the worker `id` may serve what the partner of `condition` prefills.
  @inline(__always)
  private func isPossible(
    _ id: WorkerID, _ mark: CompatibilityMark, _ condition: Condition
  ) -> Bool {
    guard let partner = condition.partner else { return true }
    guard id != partner.id, mark.fits(partner.mark) else { return false }
    return !condition.avoidsEjected
      || !pairs.isEjected(prefill: partner.id, decode: id, now: condition.now)
  }

  /// Whether some serving worker can be paired with the prefill worker `partner`.
  private func hasPartner(_ partner: Partner, _ condition: Condition) -> Bool {
    var reverse = condition
    reverse.partner = partner
    return serving.workers.indices.contains { place in
      let other = serving.workers[place]
      return roster.serves(condition.modelRow, .serving, place) && serving.hasRoom(other)
        && !condition.tried.contains(other)
        && isPossible(other.id, serving.marks[place], reverse)
    }
  }

  private func makeGroup(where isMember: (Worker) -> Bool) -> LegWorkers {
    LegWorkers(
      of: members.filter { $0.state == .active && isMember($0) }, panicThreshold: panicThreshold,
      slowStart: slowStart, &numbers, &siteNumbers)
  }
}
