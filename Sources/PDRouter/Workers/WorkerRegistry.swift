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
    case added(Worker)
    /// One with this URL and role is there.
    case alreadyThere
    /// `capacity` workers are there.
    case full
  }

  private struct State {
    var workers: [Worker] = []
    /// Workers that left, oldest first, so that a drain can be watched to its end.
    var departed: [Worker] = []
    var nextNumber: UInt32 = 0
  }

  private let state = Mutex(State())
  private let changes = Atomic<Int>(1)
  private let reports = Atomic<Int>(1)

  /// A registry without workers.
  public init() {}

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

  /// The last worker that left from `url`, if that is still remembered.
  func departed(_ url: WorkerURL) -> Worker? {
    state.withLock { $0.departed.last { $0.url == url } }
  }

  /// Registers a worker that is taken to be healthy.
  ///
  /// - Returns: the worker, or nil when one with this URL and role is already there, or the
  ///   registry is full.
  @discardableResult
  public func add(
    _ url: WorkerURL, role: Role, details: WorkerDetails = WorkerDetails()
  ) -> Worker? {
    guard case .added(let worker) = register(url, role: role, details: details) else { return nil }
    return worker
  }

  /// Registers a worker; one that is not taken to be healthy waits for its first good probe.
  func register(
    _ url: WorkerURL, role: Role, details: WorkerDetails, isHealthy: Bool = true
  ) -> Addition {
    let addition: Addition = state.withLock { state in
      guard !state.workers.contains(where: { $0.url == url && $0.role == role }) else {
        return .alreadyThere
      }
      guard state.workers.count < WorkerRegistry.capacity, state.nextNumber < .max else {
        return .full
      }
      let worker = Worker(
        id: WorkerID(number: state.nextNumber), url: url, role: role, details: details,
        isHealthy: isHealthy)
      state.nextNumber += 1
      state.workers.append(worker)
      return .added(worker)
    }
    if case .added = addition { noteChange() }
    return addition
  }

  /// Removes a worker: nobody chooses it from now on; what it is doing it may finish.
  ///
  /// - Returns: whether it was there.
  @discardableResult
  public func remove(_ id: WorkerID) -> Bool {
    let isRemoved = state.withLock { state in
      guard let place = state.workers.firstIndex(where: { $0.id == id }) else { return false }
      let worker = state.workers.remove(at: place)
      worker.setState(.gone)
      if state.departed.count == WorkerRegistry.capacity { state.departed.removeFirst() }
      state.departed.append(worker)
      return true
    }
    if isRemoved { noteChange() }
    return isRemoved
  }

  /// Removes every worker at `url`, whatever its role.
  ///
  /// - Returns: how many there were.
  @discardableResult
  public func remove(_ url: WorkerURL) -> Int {
    workers.filter { $0.url == url }.count { remove($0.id) }
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

  /// Makes every loop look again at who is eligible.
  func noteChange() {
    changes.wrappingAdd(1, ordering: .releasing)
  }
}
