internal import Vocabulary

/// The workers by name, copied from the registry when its version moves.
struct ReleaseRoster {
  private let registry: WorkerRegistry
  private var version = 0
  private var byID: [WorkerID: Worker] = [:]
  /// Those that can be asked to fetch KV caches.
  private(set) var decode: [Worker] = []

  init(registry: WorkerRegistry) {
    self.registry = registry
  }

  /// Looks at the registry again.
  ///
  /// - Returns: whether it had moved.
  mutating func refresh() -> Bool {
    let current = registry.version
    guard current != version else { return false }
    version = current
    let workers = registry.workers
    byID = Dictionary(uniqueKeysWithValues: workers.map { ($0.id, $0) })
    decode = workers.filter { $0.role != .prefill }
    return true
  }

  /// The worker of that name, unless it has left.
  subscript(_ id: WorkerID) -> Worker? { byID[id] }
}
