internal import EventLoop
internal import Logging
internal import Vocabulary

/// Takes care of the workers, whoever they are at the time; lives on one loop of the router.
///
/// Follows the registry: a worker that comes is probed and asked at once, one that has left no
/// more; data-parallel ranks of one engine are one to it. Where the configuration says so, it also
/// warms pairs.
final class WorkerWatch {
  /// How often it looks whether something is to be asked again.
  private static let interval: Duration = .seconds(1)

  private unowned let router: RouterLoop
  private let registry: WorkerRegistry
  private let logger: Logger
  private let timer: any LoopTimer
  private let warmer: PairWarmer?
  private var cares: [WorkerCare] = []
  private var isRunning = false

  init(router: RouterLoop, logger: Logger) {
    self.router = router
    registry = router.registry
    self.logger = logger
    timer = router.loop.makeTimer()
    warmer =
      router.configuration.prewarmsPairs && router.isDisaggregated
      ? PairWarmer(router: router, logger: logger) : nil
  }

  /// Begins, with the workers that are there.
  func start() {
    precondition(!isRunning, "a watch starts once")
    isRunning = true
    router.loops.watchesWorkers = true
    router.whenMembershipChanges = { [weak self] in self?.refresh() }
    timer.arm(after: WorkerWatch.interval, for: self)
    refresh()
  }

  /// Ends all probing, asking and warming.
  func stop() {
    isRunning = false
    router.whenMembershipChanges = nil
    timer.cancel()
    warmer?.stop()
    for care in cares { care.stop() }
    cares = []
  }

  private func refresh() {
    guard isRunning else { return }
    var newcomers = Dictionary(grouping: registry.workers, by: { WatchedEngine(of: $0) })
    var kept: [WorkerCare] = []
    for care in cares {
      for worker in care.workers where worker.state == .gone {
        logger.notice("worker has left", metadata: ["worker": "\(worker.url)"])
      }
      // Whoever came after all the others had left is another engine at the same address.
      guard care.workers.contains(where: { $0.state != .gone }),
        let workers = newcomers.removeValue(forKey: care.engine)
      else {
        care.stop()
        continue
      }
      care.take(workers)
      kept.append(care)
    }
    cares = kept
    for workers in newcomers.values.sorted(by: { $0[0].id < $1[0].id }) { begin(workers) }
  }

  private func begin(_ workers: [Worker]) {
    let care = WorkerCare(workers: workers, router: router, logger: logger)
    care.whenReadinessChanges = { [weak self] worker, isReady in
      guard let warmer = self?.warmer else { return }
      if isReady { warmer.workerIsReady(worker) } else { warmer.workerIsAway(worker) }
    }
    cares.append(care)
    care.start()
  }
}

extension WorkerWatch: LoopTimerHandler {
  func timerDidFire(_ timer: any LoopTimer) {
    for care in cares { care.look() }
    warmer?.proceed()
    timer.arm(after: WorkerWatch.interval, for: self)
  }
}
