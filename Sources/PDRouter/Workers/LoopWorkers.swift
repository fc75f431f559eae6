internal import Policies
internal import Vocabulary

/// One loop's view of the workers: who is eligible for which leg, as the policies want to see them.
///
/// Copied from the registry when its version moves; loads are read afresh for every choice.
/// Workers that cannot be paired (`CompatibilityMark`) never are; pairs that keep failing
/// (`PairBook`) are passed over while another is possible. Choosing allocates nothing once the
/// arrays have grown, and costs one pass over the workers of the leg; for a pair, while some pairs
/// are ejected or impossible, a look for one partner of each prefill worker besides.
struct LoopWorkers {
  /// Which leg a worker is chosen for.
  enum Leg {
    /// The prefill leg of a split request.
    case prefill
    /// The serving leg: decode, or a whole request (a decode engine can do everything).
    case serving
  }

  /// A worker, and why it was chosen.
  typealias Chosen = (worker: Worker, choice: Choice)

  struct Group {
    var workers: [Worker] = []
    var marks: [CompatibilityMark] = []
    /// What each one's engine said of its load last.
    var reports: [LoadReport?] = []
    /// Since when each one may be chosen; nil for those that were there from the beginning.
    var starts: [Instant?] = []
  }

  /// What a worker must be, besides a member of its group.
  struct Condition {
    var tried: TriedWorkers
    /// The other one of the pair, and its mark.
    var partner: (worker: Worker, mark: CompatibilityMark)?
    /// Whether somebody must be there to be paired with.
    var needsPartner = false
    var avoidsEjected = false
    var now: Instant
  }

  private let registry: WorkerRegistry
  private let slowStart: SlowStart
  private var version = 0
  private var reportVersion = 0
  private var members: [Worker] = []
  /// Workers that have left since they were taken last.
  private var departed: [Worker] = []
  private(set) var prefill = Group()
  private(set) var serving = Group()
  private var numbers = MarkNumbers()
  /// Whether every prefill worker may be paired with every serving one.
  private var allFit = true
  /// What this loop has seen of pairs.
  var pairs = PairBook()
  /// Candidates of the choice being made: their places in the group, and as policies see them.
  private var places: [Int] = []
  private var candidates: [WorkerSnapshot] = []

  init(registry: WorkerRegistry, slowStart: SlowStart = SlowStart(over: .zero)) {
    self.registry = registry
    self.slowStart = slowStart
  }

  /// Chooses one eligible worker for `leg` by `policy`, among those not in `tried`; for the serving
  /// leg of a handle one that can be paired with the `prefill` worker that made it.
  mutating func choose(
    _ leg: Leg, by seat: inout PolicySeat, for traits: RequestTraits, except tried: TriedWorkers,
    pairedWith prefill: Worker? = nil, now: Instant, using generator: inout SplitMix64
  ) -> Chosen? {
    refresh()
    var condition = Condition(tried: tried, now: now)
    guard let prefill else { return pick(leg, condition, by: &seat, traits, &generator)?.chosen }
    condition.partner = (prefill, numbers.mark(of: prefill))
    condition.avoidsEjected = pairs.badCount > 0
    var found = pick(leg, condition, by: &seat, traits, &generator)
    if found == nil, condition.avoidsEjected {
      condition.avoidsEjected = false
      found = pick(leg, condition, by: &seat, traits, &generator)
    }
    guard let found else { return nil }
    pairs.noteChosen(prefill: prefill.id, decode: found.chosen.worker.id, now: now)
    return found.chosen
  }

  /// Whether there is a worker for the serving leg besides those of `tried`.
  mutating func hasServingWorker(except tried: TriedWorkers) -> Bool {
    refresh()
    return serving.workers.contains { !tried.contains($0.id) }
  }

  /// Whether the two may ever be paired, as far as their engines are known.
  mutating func isCompatible(_ prefill: Worker, _ decode: Worker) -> Bool {
    numbers.mark(of: prefill).fits(numbers.mark(of: decode))
  }

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
    numbers = MarkNumbers()
    prefill = makeGroup { $0.role != .decode }
    serving = makeGroup { $0.role != .prefill }
    let kinds = Set(serving.marks)
    allFit = Set(prefill.marks).allSatisfy { mark in kinds.allSatisfy { mark.fits($0) } }
  }

  /// The workers that could be chosen before and have left since the last call.
  mutating func takeDeparted() -> [Worker] {
    guard !departed.isEmpty else { return [] }
    defer { departed = [] }
    return departed
  }
}

// MARK: - Pairs

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

// MARK: - Picking

extension LoopWorkers {
  private mutating func pickPair(
    _ condition: Condition, _ prefillSeat: inout PolicySeat, _ servingSeat: inout PolicySeat,
    _ traits: RequestTraits, _ generator: inout SplitMix64
  ) -> (prefill: Chosen, decode: Chosen)? {
    var condition = condition
    // Whoever is chosen for prefill must leave somebody to choose for decode.
    condition.needsPartner = !allFit || condition.avoidsEjected
    guard let first = pick(.prefill, condition, by: &prefillSeat, traits, &generator) else {
      return nil
    }
    condition.needsPartner = false
    condition.partner = (first.chosen.worker, first.mark)
    guard let second = pick(.serving, condition, by: &servingSeat, traits, &generator) else {
      return nil
    }
    return (first.chosen, second.chosen)
  }

  private mutating func pick(
    _ leg: Leg, _ condition: Condition, by seat: inout PolicySeat, _ traits: RequestTraits,
    _ generator: inout SplitMix64
  ) -> (chosen: Chosen, mark: CompatibilityMark)? {
    seat.note(policyMembers(leg), version: version)
    gather(leg, condition)
    let choice = candidates.withUnsafeBufferPointer {
      seat.policy.choose(for: traits, among: $0, using: &generator)
    }
    guard let choice else { return nil }
    precondition(places.indices.contains(choice.index), "a policy chooses among its candidates")
    let group = leg == .prefill ? prefill : serving
    let place = places[choice.index]
    return ((group.workers[place], choice), group.marks[place])
  }

  /// Everybody who may become a candidate for `leg`, the ill and the draining included.
  private func policyMembers(_ leg: Leg) -> [PolicyMember] {
    let outsider: Role = leg == .prefill ? .decode : .prefill
    return members.filter { $0.role != outsider }.map {
      PolicyMember(id: $0.id, url: $0.url.text)
    }
  }

  private mutating func gather(_ leg: Leg, _ condition: Condition) {
    places.removeAll(keepingCapacity: true)
    candidates.removeAll(keepingCapacity: true)
    let group = leg == .prefill ? prefill : serving
    for place in group.workers.indices {
      let worker = group.workers[place]
      guard !condition.tried.contains(worker.id),
        isPossible(worker, group.marks[place], condition),
        !condition.needsPartner || hasPartner(worker, group.marks[place], condition)
      else { continue }
      places.append(place)
      var snapshot = WorkerSnapshot(
        id: worker.id, role: worker.role, requestsInFlight: worker.requestsInFlight,
        tokensInFlight: TokenCount(worker.tokensInFlight),
        isColdPair: condition.partner.map {
          !pairs.isWarm(prefill: $0.worker.id, decode: worker.id)
        } ?? false)
      snapshot.reported = group.reports[place]?.load(at: condition.now)
      if !slowStart.isOff {
        snapshot.share = slowStart.share(since: group.starts[place], now: condition.now)
      }
      candidates.append(snapshot)
    }
  }

  private mutating func copyReports() {
    prefill.reports = prefill.workers.map(\.loadReport)
    serving.reports = serving.workers.map(\.loadReport)
  }

  /// Whether `worker` may serve what the partner of `condition` prefills.
  private func isPossible(
    _ worker: Worker, _ mark: CompatibilityMark, _ condition: Condition
  ) -> Bool {
    guard let partner = condition.partner else { return true }
    guard worker.id != partner.worker.id, mark.fits(partner.mark) else { return false }
    return !condition.avoidsEjected
      || !pairs.isEjected(prefill: partner.worker.id, decode: worker.id, now: condition.now)
  }

  /// Whether some serving worker can be paired with the prefill worker `worker`.
  private func hasPartner(
    _ worker: Worker, _ mark: CompatibilityMark, _ condition: Condition
  ) -> Bool {
    var reverse = condition
    reverse.partner = (worker, mark)
    return serving.workers.indices.contains { place in
      let other = serving.workers[place]
      return !condition.tried.contains(other.id)
        && isPossible(other, serving.marks[place], reverse)
    }
  }

  private mutating func makeGroup(where isMember: (Worker) -> Bool) -> Group {
    var group = Group()
    for worker in members where worker.isEligible && isMember(worker) {
      group.workers.append(worker)
      group.marks.append(numbers.mark(of: worker))
      group.reports.append(worker.loadReport)
      group.starts.append(worker.startedAt)
    }
    return group
  }
}
