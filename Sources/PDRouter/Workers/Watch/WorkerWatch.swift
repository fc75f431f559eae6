internal import EventLoop
internal import Logging
internal import Vocabulary

/// Probes the workers, whoever they are at the time; lives on one loop of the router.
///
/// Follows the registry: a worker that comes is probed at once, one that has left no more.
final class WorkerWatch {
  private unowned let router: RouterLoop
  private let registry: WorkerRegistry
  private let logger: Logger
  private var cares: [WorkerCare] = []
  private var isRunning = false

  init(router: RouterLoop, logger: Logger) {
    self.router = router
    registry = router.registry
    self.logger = logger
  }

  /// Begins, with the workers that are there.
  func start() {
    precondition(!isRunning, "a watch starts once")
    isRunning = true
    router.loops.watchesWorkers = true
    router.whenMembershipChanges = { [weak self] in self?.refresh() }
    refresh()
  }

  /// Ends all probing.
  func stop() {
    isRunning = false
    router.whenMembershipChanges = nil
    for care in cares { care.stop() }
    cares = []
  }

  private func refresh() {
    guard isRunning else { return }
    let left = cares.filter { $0.worker.state == .gone }
    for care in left {
      care.stop()
      logger.notice("worker has left", metadata: ["worker": "\(care.worker.url)"])
    }
    cares.removeAll { $0.worker.state == .gone }
    let known = Set(cares.map(\.worker.id))
    for worker in registry.workers where !known.contains(worker.id) && worker.state != .gone {
      let care = WorkerCare(worker: worker, router: router, logger: logger)
      cares.append(care)
      care.start()
    }
  }
}
