internal import Synchronization
public import Vocabulary

/// Which workers there are; the one place that membership changes.
///
/// Shared by all loops. A loop keeps its own copy of the list and compares `version` (one atomic
/// load) before each decision; it takes the lock only when that has moved.
public final class WorkerRegistry: Sendable {
  private struct State {
    var workers: [Worker] = []
    var nextNumber: UInt32 = 0
  }

  private let state = Mutex(State())
  private let changes = Atomic<Int>(1)

  /// A registry without workers.
  public init() {}

  /// Moves with every change of membership or health.
  public var version: Int { changes.load(ordering: .acquiring) }

  /// The workers in order of registration.
  public var workers: [Worker] { state.withLock { $0.workers } }

  /// Registers a worker.
  ///
  /// - Returns: the worker, or nil when one with this URL and role is already there.
  @discardableResult
  public func add(_ url: WorkerURL, role: Role) -> Worker? {
    let added: Worker? = state.withLock { state in
      guard !state.workers.contains(where: { $0.url == url && $0.role == role }) else {
        return nil
      }
      let worker = Worker(id: WorkerID(number: state.nextNumber), url: url, role: role)
      state.nextNumber += 1
      state.workers.append(worker)
      return worker
    }
    if added != nil { noteChange() }
    return added
  }

  /// Makes every loop look again at who is eligible.
  func noteChange() {
    changes.wrappingAdd(1, ordering: .releasing)
  }
}
