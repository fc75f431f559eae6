internal import Synchronization
public import Vocabulary

/// Which workers there are; the one place that membership changes.
///
/// Shared by all loops. A loop keeps its own copy of the list and compares `version` (one atomic
/// load) before each decision; it takes the lock only when that has moved. Limits: `capacity`
/// workers at once, and as many that have left are remembered. Identities are never used again.
public final class WorkerRegistry: Sendable {
  /// Most workers at once: more than one router can feed, few enough to look through them all.
  public static let capacity = 1024

  /// What came of registering a worker.
  enum Addition {
    /// All of them, in the order asked for.
    case added([Worker])
    /// One with this URL and role is there, or one that this would be a rank of, or a rank of this.
    case alreadyThere(WorkerURL)
    /// There would be more than `capacity` workers.
    case full
  }

  private struct State {
    var workers: [Worker] = []
    /// Workers that left, oldest first, so that a drain can be watched to its end.
    var departed: [Worker] = []
    var nextNumber: UInt32 = 0
    /// Where the next worker's load is counted.
    var nextLoads = WorkerLoadPlace(block: WorkerLoadBlock(), place: 0)
    let key: WorkerKey?

    init(key: WorkerKey?) {
      self.key = key
    }

    mutating func append(
      _ url: WorkerURL, role: Role, details: WorkerDetails, isHealthy: Bool
    ) -> Worker {
      let base = url.base
      let sibling =
        url.rank == nil
        ? nil : workers.first { $0.url.rank != nil && $0.role == role && $0.url.base == base }
      let worker = Worker(
        id: WorkerID(number: nextNumber), url: url, role: role, details: details,
        isHealthy: isHealthy, engineNumber: sibling?.engineNumber ?? nextNumber, key: key,
        loads: nextLoads)
      nextNumber += 1
      nextLoads = nextLoads.next()
      workers.append(worker)
      return worker
    }

    mutating func remove(_ id: WorkerID) -> Bool {
      guard let place = workers.firstIndex(where: { $0.id == id }) else { return false }
      let worker = workers.remove(at: place)
      worker.setState(.gone)
      if departed.count == WorkerRegistry.capacity { departed.removeFirst() }
      departed.append(worker)
      return true
    }
  }

  private let state: Guarded<State>
  private let changes = Atomic<Int>(1)
  private let reports = Atomic<Int>(1)
  /// Loops with requests that wait for a change.
  private let watchers = Guarded<[LoopMailbox]>([])

  /// A registry without workers; those to come are sent `key` with every request, if there is one.
  public init(key: WorkerKey? = nil) {
    state = Guarded(State(key: key))
  }

  /// Moves with every change of membership, state, health or what was learned of a worker.
  public var version: Int { changes.load(ordering: .acquiring) }

  /// Moves with every report of a worker's load.
  var reportVersion: Int { reports.load(ordering: .acquiring) }

  /// The workers in order of registration, draining ones included.
  public var workers: [Worker] { state.withLock { $0.workers } }

  /// The worker of that identity, also when it has left not too long ago.
  public func worker(_ id: WorkerID) -> Worker? {
    state.withLock { state in
      state.workers.first { $0.id == id } ?? state.departed.last { $0.id == id }
    }
  }

  /// The workers that `url` named and that have left, as far as they are remembered.
  func departed(_ url: WorkerURL) -> [Worker] {
    state.withLock { $0.departed.filter { $0.url.isNamed(by: url) } }
  }

  /// Registers a worker that is taken to be healthy.
  ///
  /// - Returns: the worker, or nil when one with this URL and role is already there (or its whole
  ///   engine, or a rank of it), or the registry is full.
  @discardableResult
  public func add(
    _ url: WorkerURL, role: Role, details: WorkerDetails = WorkerDetails()
  ) -> Worker? {
    guard case .added(let workers) = register([url], role: role, details: details) else {
      return nil
    }
    return workers.first
  }

  /// Registers workers, all or none; those not taken to be healthy wait for their first good probe.
  func register(
    _ urls: [WorkerURL], role: Role, details: WorkerDetails, isHealthy: Bool = true
  ) -> Addition {
    let addition: Addition = state.withLock { state in
      for url in urls {
        if state.workers.contains(where: { $0.role == role && $0.url.overlaps(url) }) {
          return .alreadyThere(url)
        }
      }
      let room = WorkerRegistry.capacity - state.workers.count
      guard urls.count <= room, state.nextNumber < .max - UInt32(urls.count) else { return .full }
      return .added(
        urls.map { state.append($0, role: role, details: details, isHealthy: isHealthy) })
    }
    if case .added = addition { noteChange() }
    return addition
  }

  /// Puts workers at `urls` in the place of others of the same engine, at once for every loop.
  ///
  /// They are what `model` is: its role, details, health, version, models and drain. Of `leaving`,
  /// those that ever had a request drain, and the others are gone.
  ///
  /// - Returns: the new workers; fewer than asked for when one is there or the registry is full.
  func replace(
    _ leaving: [Worker], with urls: [WorkerURL], like model: Worker
  ) -> [Worker] {
    let added = state.withLock { state in
      let isDraining = model.state == .draining
      for worker in leaving where worker.state != .gone {
        if worker.processedRequests > 0 {
          worker.setState(.draining)
        } else {
          _ = state.remove(worker.id)
        }
      }
      var added: [Worker] = []
      for url in urls
      where state.workers.count < WorkerRegistry.capacity && state.nextNumber < .max
        && !state.workers.contains(where: { $0.url == url && $0.role == model.role })
      {
        let worker = state.append(
          url, role: model.role, details: model.details, isHealthy: model.isHealthy)
        if let version = model.version { _ = worker.learn(version: version) }
        if let models = model.models { _ = worker.learn(models: models) }
        if model.wasFound { worker.noteFound() }
        if isDraining { worker.setState(.draining) }
        added.append(worker)
      }
      return added
    }
    noteChange()
    return added
  }

  /// Removes a worker: nobody chooses it from now on; what it is doing it may finish.
  ///
  /// - Returns: whether it was there.
  @discardableResult
  public func remove(_ id: WorkerID) -> Bool {
    let isRemoved = state.withLock { $0.remove(id) }
    if isRemoved { noteChange() }
    return isRemoved
  }

  /// Removes every worker that `url` names, whatever its role: ranks too, if it has none itself.
  ///
  /// - Returns: how many there were.
  @discardableResult
  public func remove(_ url: WorkerURL) -> Int {
    workers.filter { $0.url.isNamed(by: url) }.count { remove($0.id) }
  }

  /// Lets a worker take nothing new, or take new requests again.
  ///
  /// - Returns: false when it is not there (any more).
  func setDraining(_ isDraining: Bool, _ id: WorkerID) -> Bool {
    let isThere = state.withLock { state in
      guard let worker = state.workers.first(where: { $0.id == id }) else { return false }
      worker.setState(isDraining ? .draining : .active)
      return true
    }
    if isThere { noteChange() }
    return isThere
  }

  /// Makes every loop look again at what workers say of their load.
  func noteReports() {
    reports.wrappingAdd(1, ordering: .releasing)
  }

  /// Makes every loop look again at who is eligible, and those that watch at once.
  func noteChange() {
    changes.wrappingAdd(1, ordering: .releasing)
    watchers.withLock { for watcher in $0 { watcher.post(.notice(.workersChanged)) } }
  }

  /// Writes to that loop with every change from now on; what changed before is to be looked at
  /// after this.
  func addWatcher(_ mailbox: LoopMailbox) {
    watchers.withLock { $0.append(mailbox) }
  }

  /// Writes no more to that loop.
  func removeWatcher(_ mailbox: LoopMailbox) {
    watchers.withLock { $0.removeAll { $0 === mailbox } }
  }
}
