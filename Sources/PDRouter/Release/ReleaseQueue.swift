internal import KVTransfer
internal import Vocabulary

/// Which order is the next to be carried out, and which must wait: a pure book.
///
/// Holds every order from `add` to its one `end`. An order waits in line, is out at a worker,
/// pauses after a failure, is parked while there is nobody to ask, or rests: then nothing more is
/// done for it and its handle is left to its lease. Knows nothing of ledgers, workers' states or
/// sockets; time comes from outside. As many orders as the ledger has handles. Cost: constant per
/// call, but for the lists of orders, which walk all.
struct ReleaseQueue {
  private enum Stage: Equatable {
    case waiting
    case busy
    case pausing(until: Instant)
    case out(at: WorkerID)
    case parked
    case resting
  }

  private struct Entry {
    let order: ReleaseOrder
    var stage = Stage.waiting
    /// Who failed the request.
    let tried: TriedWorkers
    /// Who failed the order itself.
    var failed = TriedWorkers()
    /// Calls that were sent and failed.
    var attempts = 0
    /// Calls that could not even be sent.
    var unsent = 0
  }

  private let limits: ReleaseLimits
  private var entries: [KVHandleID: Entry] = [:]
  private var line = ReleaseLine()
  /// The first in line, whose workers are all busy.
  private var busy: [KVHandleID] = []
  /// As many at most as calls can fail within the longest pause.
  private var pausing: [KVHandleID] = []
  private var budget: ReleaseBudget
  private var callsAt: [WorkerID: Int] = [:]
  /// Those there was nobody to ask for.
  private var parked: [KVHandleID] = []
  /// Orders that are out.
  private(set) var callsInFlight = 0

  init(limits: ReleaseLimits) {
    precondition(limits.callsInFlight > 0 && limits.attempts > 0 && limits.lookAhead > 0)
    self.limits = limits
    budget = ReleaseBudget(perSecond: limits.callsPerSecond, burst: limits.callsInFlight)
  }

  /// Orders that have not ended.
  var count: Int { entries.count }

  /// Calls out at `worker`.
  func calls(at worker: WorkerID) -> Int { callsAt[worker] ?? 0 }

  /// Whether `worker` may be given another call.
  func hasRoom(at worker: WorkerID) -> Bool { calls(at: worker) < limits.callsPerWorker }

  /// How far `order` has been failed by `worker`, or by the engine that it is a rank of.
  func record(of worker: Worker, with order: ReleaseOrder) -> ReleaseCandidate.Record {
    let entry = entry(of: order)
    if entry.failed.contains(worker) { return .failedOrder }
    return entry.tried.contains(worker) ? .failedRequest : .clean
  }

  /// Takes an order, to be carried out not before `earliest`; `tried` failed its request and are
  /// asked last. Precondition: it is new.
  mutating func add(_ order: ReleaseOrder, tried: TriedWorkers, notBefore earliest: Instant?) {
    precondition(entries[order.handle] == nil, "an order is given once")
    entries[order.handle] = Entry(order: order, tried: tried)
    guard let earliest else { return line.append(order.handle) }
    entries[order.handle]?.stage = .pausing(until: earliest)
    pausing.append(order.handle)
  }

  /// Takes an order for which nothing can be done. Precondition: it is new.
  mutating func rest(_ order: ReleaseOrder) {
    precondition(entries[order.handle] == nil, "an order is given once")
    entries[order.handle] = Entry(order: order, stage: .resting, tried: TriedWorkers())
  }

  /// The next order that may be carried out now, taken out of the line: `depart`, `wait`, `park` or
  /// `end` says what becomes of it.
  mutating func next(now: Instant) -> ReleaseOrder? {
    endPauses(now: now)
    guard canBegin, budget.opening <= now else { return nil }
    while let id = line.popFirst() {
      if let entry = entries[id], entry.stage == .waiting { return entry.order }
    }
    return nil
  }

  /// When `next` may have something that it has not now; nil when only an event can bring it.
  var wake: Instant? {
    var first: Instant?
    for id in pausing {
      guard case .pausing(let until)? = entries[id]?.stage else { continue }
      first = min(first ?? until, until)
    }
    guard canBegin, !line.isEmpty else { return first }
    return min(first ?? budget.opening, budget.opening)
  }

  /// A call leaves that belongs to no order; it is paid for as the others are.
  mutating func payForExtraCall(now: Instant) {
    budget.pay(now: now)
  }

  // MARK: What becomes of an order

  /// Its call leaves for `worker`. Precondition: taken by `next`, and there is room.
  mutating func depart(_ order: ReleaseOrder, to worker: WorkerID, now: Instant) {
    precondition(hasRoom(at: worker) && callsInFlight < limits.callsInFlight)
    change(order, from: .waiting, to: .out(at: worker))
    callsAt[worker, default: 0] += 1
    callsInFlight += 1
    budget.pay(now: now)
  }

  /// All it could ask are busy: it is the first to be looked at when a call ends.
  mutating func wait(_ order: ReleaseOrder) {
    change(order, from: .waiting, to: .busy)
    busy.append(order.handle)
  }

  /// There is nobody to ask: it waits for `unpark`.
  mutating func park(_ order: ReleaseOrder) {
    change(order, from: .waiting, to: .parked)
    parked.append(order.handle)
  }

  /// Its call failed: it pauses and tries again if it `mayRepeat` and has attempts left.
  ///
  /// `engine` is the worker it is out at, where all ranks of its engine have failed with it. A call
  /// that was not even sent is tried again until the lease is over: whoever cannot be reached
  /// now may be back in a second.
  ///
  /// - Returns: false when it rests from now on. Precondition: it is out.
  mutating func fail(
    _ order: ReleaseOrder, by engine: Worker? = nil, wasSent: Bool = true, mayRepeat: Bool,
    now: Instant
  ) -> Bool {
    let id = order.handle
    guard case .out(let worker) = entry(of: order).stage else {
      preconditionFailure("a call ends once")
    }
    endCall(at: worker)
    precondition(engine == nil || engine?.id == worker, "it fails where it is out")
    entries[id]?.failed.insert(worker)
    if let engine { entries[id]?.failed.insertEngine(of: engine) }
    if wasSent { entries[id]?.attempts += 1 } else { entries[id]?.unsent += 1 }
    let (attempts, unsent) = (entry(of: order).attempts, entry(of: order).unsent)
    guard mayRepeat, attempts < limits.attempts else {
      entries[id]?.stage = .resting
      return false
    }
    entries[id]?.stage = .pausing(until: now + limits.pause(after: attempts + unsent))
    pausing.append(id)
    return true
  }

  /// It has ended, whatever was under way for it. Precondition: it has not ended before.
  mutating func end(_ order: ReleaseOrder) {
    switch entry(of: order).stage {
    case .out(let worker): endCall(at: worker)
    case .busy: busy.removeAll { $0 == order.handle }
    case .pausing: pausing.removeAll { $0 == order.handle }
    // Their names are passed over when their turn comes.
    case .waiting, .parked, .resting: break
    }
    entries[order.handle] = nil
  }

  /// There may be somebody to ask again.
  mutating func unpark() {
    for id in parked where entries[id]?.stage == .parked {
      entries[id]?.stage = .waiting
      line.append(id)
    }
    parked.removeAll(keepingCapacity: true)
  }

  /// Every order.
  var orders: [ReleaseOrder] { collect { _ in true } }

  /// The orders that have no call out and for which `isWanted` holds.
  func idleOrders(where isWanted: (ReleaseOrder) -> Bool) -> [ReleaseOrder] {
    collect { entry in
      if case .out = entry.stage { false } else { isWanted(entry.order) }
    }
  }

  /// The orders that wait for a worker or for the end of their leases.
  var helplessOrders: [ReleaseOrder] { collect { $0.stage == .parked || $0.stage == .resting } }

  // MARK: Book-keeping

  private var canBegin: Bool {
    callsInFlight < limits.callsInFlight && busy.count < limits.lookAhead
  }

  /// By their places in the ledger: a dictionary's own order differs from run to run.
  private func collect(_ isWanted: (Entry) -> Bool) -> [ReleaseOrder] {
    entries.values.filter(isWanted).map(\.order).sorted { $0.handle.slot < $1.handle.slot }
  }

  private func entry(of order: ReleaseOrder) -> Entry {
    guard let entry = entries[order.handle] else { preconditionFailure("an order ends once") }
    return entry
  }

  private mutating func change(_ order: ReleaseOrder, from old: Stage, to new: Stage) {
    precondition(entry(of: order).stage == old, "an order is in one place at a time")
    entries[order.handle]?.stage = new
  }

  private mutating func endCall(at worker: WorkerID) {
    guard let calls = callsAt[worker] else { preconditionFailure("a call ends once") }
    callsAt[worker] = calls > 1 ? calls - 1 : nil
    callsInFlight -= 1
    guard !busy.isEmpty else { return }
    for id in busy { entries[id]?.stage = .waiting }
    line.putBack(busy)
    busy.removeAll(keepingCapacity: true)
  }

  private mutating func endPauses(now: Instant) {
    guard !pausing.isEmpty else { return }
    pausing.removeAll { id in
      guard case .pausing(let until)? = entries[id]?.stage, until <= now else { return false }
      entries[id]?.stage = .waiting
      line.append(id)
      return true
    }
  }
}
