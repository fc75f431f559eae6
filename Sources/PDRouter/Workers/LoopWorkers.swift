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
/// worker besides. Cannot be copied: a look at it would retain forty things.
struct LoopWorkers: ~Copyable {
  typealias Leg = PolicyLeg

  /// A worker, and why it was chosen.
  struct Chosen {
    let worker: Worker
    let choice: Choice
    /// Leading blocks of the request's prefix that lie in its cache as far as is known.
    var cachedBlocks = 0
    /// The same, also where the worker's part of the index is not believed.
    var predictedBlocks = 0
  }

  /// The eligible workers for a leg.
  struct Group {
    var workers: [Worker] = []
    var marks: [CompatibilityMark] = []
    /// Where each is, by its topology label.
    var sites: [WorkerSite] = []
    /// What each one's engine said of its load last.
    var reports: [LoadReport?] = []
    /// Since when each one may be chosen; nil for those that were there from the beginning.
    var starts: [Instant?] = []
    /// Whether so few are eligible that ejected ones are among these.
    var overlooksEjections = false
    /// Whether some are being tried, by a few requests at once.
    var hasTried = false

    /// Whether a further request may go to `worker`, one of these.
    @inline(__always)
    func hasRoom(_ worker: Worker) -> Bool { !hasTried || !worker.breaker.isFull }
  }

  /// One side of a pair.
  struct Partner {
    let id: WorkerID
    let mark: CompatibilityMark
    let site: WorkerSite
  }

  /// The candidates of a leg for the choice being made.
  struct Lineup {
    /// Their places in the group.
    var places: [Int] = []
    /// What policies see of them.
    var candidates: [WorkerSnapshot] = []
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
  private(set) var prefill = Group()
  private(set) var serving = Group()
  var numbers = MarkNumbers()
  private var siteNumbers = SiteNumbers()
  /// Whether every prefill worker may be paired with every serving one.
  private(set) var allFit = true
  /// Whether no two workers lie apart.
  private(set) var allNear = true
  /// What lies in the workers' prefix caches; nil when no policy wants to know.
  var caches: CacheKnowledge?
  /// What this loop has seen of pairs.
  var pairs = PairBook()
  var warmth = PairWarmth()
  /// One in so many pairs is chosen as if all had met: whoever counts only what a handshake costs
  /// now would stay with the first pair that has met, as long as it has little to do.
  static let meetingOneIn = 8
  /// Pairs chosen since, while some have not met.
  var choicesAmongStrangers = 0
  /// The candidates of the choice being made, by leg.
  private(set) var prefillLineup = Lineup()
  private(set) var servingLineup = Lineup()

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
  mutating func choose(
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
    condition.avoidsEjected = pairs.badCount > 0
    gather(leg, condition)
    if lineup(leg).places.isEmpty, condition.avoidsEjected {
      condition.avoidsEjected = false
      gather(leg, condition)
    }
    guard let found = pick(leg, by: &seat, traits, &generator)?.chosen else { return nil }
    pairs.noteChosen(prefill: prefill.id, decode: found.worker.id, now: now)
    return found
  }

  /// Whether there is a worker for `leg` of such a request besides those of `tried`.
  mutating func hasWorker(
    _ leg: Leg, for traits: borrowing RequestTraits, except tried: TriedWorkers
  ) -> Bool {
    refresh()
    let row = modelRow(of: traits.askedModel)
    let group = group(leg)
    return group.workers.indices.contains {
      roster.serves(row, leg, $0) && group.hasRoom(group.workers[$0])
        && !tried.contains(group.workers[$0])
    }
  }

  /// Whether there is anybody who may become a candidate for `leg`, the ill and the draining
  /// included.
  mutating func knowsWorkers(_ leg: Leg) -> Bool {
    refresh()
    let outsider: Role = leg == .prefill ? .decode : .prefill
    return members.contains { $0.role != outsider }
  }

  /// Whether so few workers are eligible for `leg` that ejections are overlooked.
  func overlooksEjections(_ leg: Leg) -> Bool {
    leg == .prefill ? prefill.overlooksEjections : serving.overlooksEjections
  }

  /// Whether the two may ever be paired, as far as their engines are known.
  mutating func isCompatible(_ prefill: Worker, _ decode: Worker) -> Bool {
    numbers.mark(of: prefill).fits(numbers.mark(of: decode))
  }

  /// Copies the registry's list, and what workers said of their loads, if they have moved.
  mutating func refresh() {
    let reports = registry.reportVersion
    let current = registry.version
    guard current != version else {
      if reports != reportVersion { copyReports() }
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
    let kinds = Set(serving.marks)
    allNear = siteNumbers.count < 2
    allFit = Set(prefill.marks).allSatisfy { mark in kinds.allSatisfy { mark.fits($0) } }
  }

  /// The workers that could be chosen before and have left since the last call.
  mutating func takeDeparted() -> [Worker] {
    guard !departed.isEmpty else { return [] }
    defer { departed = [] }
    return departed
  }
}

// MARK: - Picking

extension LoopWorkers {
  /// Lets the policy of `seat` choose among the candidates of `leg`; says which of the group it is.
  mutating func pick(
    _ leg: Leg, by seat: inout PolicySeat, _ traits: RequestTraits, _ generator: inout SplitMix64
  ) -> (chosen: Chosen, place: Int)? {
    meet(leg, &seat)
    let lineup = lineup(leg)
    guard let choice = seat.choose(for: traits, among: lineup.candidates, using: &generator)
    else { return nil }
    return (chosen(leg, choice, of: lineup), lineup.places[choice.index])
  }

  /// Tells the policy of `leg` who may be chosen, where that has changed.
  func meet(_ leg: Leg, _ seat: inout PolicySeat) {
    seat.note(policyMembers(leg), version: version)
  }

  /// The worker that `choice` names among the candidates of `leg`, which are `lineup`.
  func chosen(_ leg: Leg, _ choice: Choice, of lineup: Lineup) -> Chosen {
    precondition(
      lineup.places.indices.contains(choice.index), "a policy chooses among its candidates")
    let place = lineup.places[choice.index]
    let worker = leg == .prefill ? prefill.workers[place] : serving.workers[place]
    return Chosen(
      worker: worker, choice: choice, cachedBlocks: lineup.candidates[choice.index].cachedBlocks,
      predictedBlocks: caches?.predictedBlocks(on: worker.id) ?? 0)
  }

  func lineup(_ leg: Leg) -> Lineup { leg == .prefill ? prefillLineup : servingLineup }

  private func group(_ leg: Leg) -> Group { leg == .prefill ? prefill : serving }

  /// Everybody who may become a candidate for `leg`, the ill and the draining included.
  private func policyMembers(_ leg: Leg) -> [PolicyMember] {
    let outsider: Role = leg == .prefill ? .decode : .prefill
    return members.filter { $0.role != outsider }.map {
      PolicyMember(id: $0.id, url: $0.url.text)
    }
  }

  mutating func gather(_ leg: Leg, _ condition: Condition) {
    var lineup = Lineup()
    exchange(&lineup, leg)
    lineup.places.removeAll(keepingCapacity: true)
    lineup.candidates.removeAll(keepingCapacity: true)
    let group = group(leg)
    let partner = condition.partner
    for place in group.workers.indices {
      let worker = group.workers[place]
      let (mark, site) = (group.marks[place], group.sites[place])
      guard roster.serves(condition.modelRow, leg, place), group.hasRoom(worker),
        !condition.tried.contains(worker),
        isPossible(worker.id, mark, condition),
        !condition.needsPartner
          || hasPartner(Partner(id: worker.id, mark: mark, site: site), condition)
      else { continue }
      var snapshot = WorkerSnapshot(
        id: worker.id, role: worker.role,
        requestsInFlight: condition.isUrgent ? worker.urgentInFlight : worker.requestsInFlight,
        tokensInFlight: TokenCount(worker.tokensInFlight),
        isColdPair: !condition.overlooksCold
          && (partner.map { !pairs.isWarm(prefill: $0.id, decode: worker.id) } ?? false))
      if let caches {
        snapshot.cachedBlocks = caches.cachedBlocks(on: worker.id)
        snapshot.isNewToModel = caches.isNewToModel(worker.id)
      }
      snapshot.reported = group.reports[place]?.load(at: condition.now)
      if !slowStart.isOff {
        snapshot.share = slowStart.share(since: group.starts[place], now: condition.now)
      }
      if let partner { snapshot.isFarPair = site.isFar(from: partner.site) }
      lineup.places.append(place)
      lineup.candidates.append(snapshot)
    }
    exchange(&lineup, leg)
  }

  /// Takes the lineup of `leg` out and puts another one in, without a copy.
  private mutating func exchange(_ lineup: inout Lineup, _ leg: Leg) {
    switch leg {
    case .prefill: swap(&lineup, &prefillLineup)
    case .serving: swap(&lineup, &servingLineup)
    }
  }

  private mutating func copyReports() {
    prefill.reports = prefill.workers.map(\.loadReport)
    serving.reports = serving.workers.map(\.loadReport)
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

  private mutating func makeGroup(where isMember: (Worker) -> Bool) -> Group {
    var group = Group()
    let present = members.filter { $0.state == .active && isMember($0) }
    group.overlooksEjections = mustOverlookEjections(of: present)
    for worker in present where worker.isHealthy {
      let state = worker.breaker.state
      guard
        state != .ejected || group.overlooksEjections && !worker.breaker.awaitsProbe
      else { continue }
      if state == .probing, !group.overlooksEjections { group.hasTried = true }
      group.workers.append(worker)
      group.marks.append(numbers.mark(of: worker))
      group.sites.append(siteNumbers.site(of: worker))
      group.reports.append(worker.loadReport)
      group.starts.append(worker.startedAt)
    }
    return group
  }

  /// Whether of a group's undrained workers so few are eligible, and admitted to all requests, that
  /// those that remain would only be the next to fail.
  ///
  /// Workers that probes find unhealthy stay out in any case, and so do those that are ejected for
  /// broken connections and about to be probed: they would only cost attempts, and waiting for them
  /// takes a second.
  private func mustOverlookEjections(of present: [Worker]) -> Bool {
    guard panicThreshold > 0 else { return false }
    var (eligible, failing) = (0, 0)
    for worker in present where worker.isHealthy {
      if worker.breaker.state == .admitting {
        eligible += 1
      } else if !worker.breaker.awaitsProbe {
        failing += 1
      }
    }
    return failing > 0 && eligible * 100 < panicThreshold * present.count
  }
}
