internal import Policies
internal import Synchronization
internal import Vocabulary

/// The eligible workers of one leg, and the line-up of them that policies see.
///
/// The line-up of everybody is kept from choice to choice, and only what has changed since is
/// brought up to date: a fleet of hundreds is lined up for every request, and few of it change in
/// between. What a snapshot says follows from
///
/// - who may be chosen: made anew when the registry has moved,
/// - a worker's counters: read where their block has changed (`WorkerLoadBlock`),
/// - its last report: taken when reports have moved, and when the next one becomes too old,
/// - its slow start: worked out for those that are at it,
/// - what it has of the request's prompt and whether it knows the model: for each request, its
///   holders alone,
/// - the other worker of the pair, where there is one: for each request, where pairs differ.
///
/// So it is always the one that would come of building it from nothing, which the tests do. A
/// choice among some of them has a line-up of its own, of copies. Of one loop's thread. Cost with
/// everybody: a comparison for each 16 workers, some 10 ns for each worker that somebody used since
/// and for each holder.
struct LegWorkers: ~Copyable {
  /// Workers whose counters lie together.
  private struct Run {
    let changes: UnsafeMutablePointer<Atomic<Int>>
    /// What `changes` was when they were last read.
    var seen: Int
    let places: Range<Int>
  }

  /// Before any moment there is.
  private static let longAgo = Instant(nanoseconds: .min)

  private(set) var workers: [Worker] = []
  private(set) var marks: [CompatibilityMark] = []
  /// Where each is, by its topology label.
  private(set) var sites: [WorkerSite] = []
  /// What each one's engine said of its load last.
  private var reports: [LoadReport?] = []
  /// Whether so few are eligible that ejected ones are among these.
  private(set) var overlooksEjections = false
  /// Whether some are being tried, by a few requests at once.
  private(set) var hasTried = false

  /// Everybody, as of the last update.
  private(set) var everybody: [WorkerSnapshot] = []
  private var runs: [Run] = []
  /// Until when the reports that count do.
  private var reportsCountUntil = LegWorkers.longAgo
  /// Since when those may be chosen that do not get all of their part yet, by place.
  private var starting: [(place: Int, since: Instant)] = []
  /// Places of those with something cached.
  private var holders: [Int] = []
  private var slots = SlotPlaces()
  private var modelSlots = SlotPlaces()
  private var hasNewcomers = false
  private var hasPairMarks = false

  /// The candidates for the choice being made where these are not all.
  private(set) var some = Lineup()
  private(set) var isNarrowed = false

  /// Some of the workers.
  struct Lineup {
    /// Their places.
    var places: [Int] = []
    /// What policies see of them.
    var candidates: [WorkerSnapshot] = []
  }

  /// Nobody.
  init() {}

  /// What policies see of the candidates for the choice being made.
  var candidates: [WorkerSnapshot] { isNarrowed ? some.candidates : everybody }

  /// The place of the candidate at `index`.
  func place(of index: Int) -> Int {
    precondition(index >= 0 && index < (isNarrowed ? some.places.count : everybody.count))
    return isNarrowed ? some.places[index] : index
  }

  /// The candidate at `index`, and what it has of the request's prompt in blocks.
  @inline(__always)
  func candidate(at index: Int) -> (worker: Worker, cachedBlocks: Int) {
    let place = place(of: index)
    let blocks = isNarrowed ? some.candidates[index].cachedBlocks : everybody[place].cachedBlocks
    return (workers[place], blocks)
  }

  /// The places of the candidates where these are not all: else each one's place is its own.
  var placesOfSome: [Int]? { isNarrowed ? some.places : nil }

  /// Whether nobody is a candidate for the choice being made.
  var hasNobody: Bool { isNarrowed ? some.places.isEmpty : everybody.isEmpty }

  /// Whether a further request may go to `worker`, one of these.
  @inline(__always)
  func hasRoom(_ worker: Worker) -> Bool { !hasTried || !worker.breaker.isFull }

  /// Makes everybody candidates.
  mutating func widen() { isNarrowed = false }

  /// Makes those of `lineup` the candidates, and gives another one to be used for the next time.
  mutating func narrow(to lineup: inout Lineup) {
    precondition(lineup.places.count == lineup.candidates.count)
    swap(&some, &lineup)
    isNarrowed = true
  }
}

// MARK: - Who is there

extension LegWorkers {
  /// Those of `present`, which stand in registration order, that may be chosen; `panicThreshold`
  /// percent of them must be, or ejections are overlooked.
  init(
    of present: [Worker], panicThreshold: Int, slowStart: SlowStart, _ numbers: inout MarkNumbers,
    _ siteNumbers: inout SiteNumbers
  ) {
    self.init()
    overlooksEjections = LegWorkers.mustOverlookEjections(of: present, below: panicThreshold)
    for worker in present where worker.isHealthy {
      let state = worker.breaker.state
      guard
        state != .ejected || overlooksEjections && !worker.breaker.awaitsProbe
      else { continue }
      if state == .probing, !overlooksEjections { hasTried = true }
      if !slowStart.isOff, let since = worker.startedAt {
        starting.append((place: workers.count, since: since))
      }
      workers.append(worker)
      marks.append(numbers.mark(of: worker))
      sites.append(siteNumbers.site(of: worker))
      everybody.append(
        WorkerSnapshot(
          id: worker.id, role: worker.role, requestsInFlight: 0, tokensInFlight: .zero))
    }
    copyReports()
    makeRuns()
  }

  /// Takes what workers said of their loads.
  mutating func copyReports() {
    reports = workers.map(\.loadReport)
    reportsCountUntil = LegWorkers.longAgo
  }

  private mutating func makeRuns() {
    var first = 0
    for place in workers.indices {
      let isLast = place + 1 == workers.count
      guard isLast || workers[place + 1].loadBlock !== workers[first].loadBlock else { continue }
      // Nothing was read yet, so whatever there is differs from this.
      let changes = workers[first].loadBlock.changes
      let seen = changes.pointee.load(ordering: .relaxed) &- 1
      runs.append(Run(changes: changes, seen: seen, places: first..<place + 1))
      first = place + 1
    }
  }

  /// Whether of a group's undrained workers so few are eligible, and admitted to all requests, that
  /// those that remain would only be the next to fail.
  ///
  /// Workers that probes find unhealthy stay out in any case, and so do those that are ejected for
  /// broken connections and about to be probed: they would only cost attempts, and waiting for them
  /// takes a second.
  private static func mustOverlookEjections(of present: [Worker], below threshold: Int) -> Bool {
    guard threshold > 0 else { return false }
    var (eligible, failing) = (0, 0)
    for worker in present where worker.isHealthy {
      if worker.breaker.state == .admitting {
        eligible += 1
      } else if !worker.breaker.awaitsProbe {
        failing += 1
      }
    }
    return failing > 0 && eligible * 100 < threshold * present.count
  }
}

// MARK: - How they are

extension LegWorkers {
  /// Brings the line-up of everybody up to `now`, but for what is cached.
  mutating func update(now: Instant, slowStart: SlowStart) {
    readCounters()
    if now > reportsCountUntil { takeReports(now: now) }
    if !starting.isEmpty { proceedStarts(slowStart, now: now) }
  }

  private mutating func readCounters() {
    for run in runs.indices {
      let changes = runs[run].changes.pointee.load(ordering: .acquiring)
      guard changes != runs[run].seen else { continue }
      runs[run].seen = changes
      for place in runs[run].places {
        everybody[place].note(
          requestsInFlight: workers[place].requestsInFlight,
          tokensInFlight: TokenCount(workers[place].tokensInFlight))
      }
    }
  }

  private mutating func takeReports(now: Instant) {
    reportsCountUntil = .distantFuture
    for place in everybody.indices {
      let report = reports[place]
      let load = report?.load(at: now)
      if let report, load != nil {
        reportsCountUntil = min(reportsCountUntil, report.freshUntil)
      }
      if everybody[place].reported != load { everybody[place].reported = load }
    }
  }

  private mutating func proceedStarts(_ slowStart: SlowStart, now: Instant) {
    for (place, since) in starting {
      everybody[place].share = slowStart.share(since: since, now: now)
    }
    starting.removeAll { everybody[$0.place].share >= 1 }
  }

  /// Notes who holds how many leading blocks of the request's prompt, by slot in the prefix index,
  /// where that is to be believed.
  mutating func noteHolders(
    _ match: PrefixMatch, trusting predictions: PredictionBook
  ) {
    for place in holders { everybody[place].cachedBlocks = 0 }
    holders.removeAll(keepingCapacity: true)
    guard match.longest > 0 else { return }
    slots.update(to: match, for: everybody)
    let trustsAll = predictions.trustsAll
    match.forEachHolder { slot, blocks in
      guard let place = slots.place(of: slot),
        trustsAll || predictions.isTrusted(everybody[place].id)
      else { return }
      everybody[place].cachedBlocks = blocks
      holders.append(place)
    }
  }

  /// Notes that the request asks for a rare model that only those of `match` have served; nobody is
  /// a newcomer where it is not rare.
  mutating func noteServers(_ match: PrefixMatch, isRare: Bool) {
    guard isRare || hasNewcomers else { return }
    hasNewcomers = isRare
    for place in everybody.indices where everybody[place].isNewToModel != isRare {
      everybody[place].isNewToModel = isRare
    }
    guard isRare else { return }
    modelSlots.update(to: match, for: everybody)
    match.forEachHolder { slot, _ in
      if let place = modelSlots.place(of: slot) { everybody[place].isNewToModel = false }
    }
  }
}

// MARK: - The other worker of the pair

extension LegWorkers {
  /// Marks who is far from `partner`, a prefill worker, and who has never met it.
  @inline(__always)
  mutating func markPairs(of partner: LoopWorkers.Partner, hasMet: (WorkerID) -> Bool) {
    hasPairMarks = true
    for place in everybody.indices {
      let isCold = !hasMet(everybody[place].id)
      let isFar = sites[place].isFar(from: partner.site)
      if everybody[place].isColdPair != isCold { everybody[place].isColdPair = isCold }
      if everybody[place].isFarPair != isFar { everybody[place].isFarPair = isFar }
    }
  }

  /// Forgets what `markPairs` said.
  mutating func unmarkPairs() {
    guard hasPairMarks else { return }
    hasPairMarks = false
    for place in everybody.indices {
      if everybody[place].isColdPair { everybody[place].isColdPair = false }
      if everybody[place].isFarPair { everybody[place].isFarPair = false }
    }
  }
}
