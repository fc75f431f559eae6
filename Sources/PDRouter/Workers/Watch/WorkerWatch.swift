internal import EventLoop
internal import Logging
internal import Vocabulary

/// Takes care of the workers, whoever they are at the time; lives on one loop of the router.
///
/// Follows the registry: a worker that comes is probed and asked at once, one that has left no
/// more; data-parallel ranks of one engine are one to it. Where the configuration says so, it also
/// warms pairs, and where a policy wants to know it, engines are asked for their load.
final class WorkerWatch {
  /// How often it looks whether something is to be asked again.
  private static let interval: Duration = .seconds(1)

  private unowned let router: RouterLoop
  private let registry: WorkerRegistry
  private let logger: Logger
  private let timer: any LoopTimer
  private let warmer: PairWarmer?
  private var cares: [WorkerCare] = []
  private var loads: [LoadWatch] = []
  private var isRunning = false
  private let panicNotice: PanicNotice

  init(router: RouterLoop, logger: Logger) {
    self.router = router
    registry = router.registry
    self.logger = logger
    timer = router.loop.makeTimer()
    warmer =
      router.configuration.prewarmsPairs && router.isDisaggregated
      ? PairWarmer(router: router, logger: logger) : nil
    panicNotice = PanicNotice(logger: logger)
  }

  /// Begins, with the workers that are there.
  func start() {
    precondition(!isRunning, "a watch starts once")
    isRunning = true
    router.loops.watcher = router.mailbox
    router.watcher = self
    router.whenMembershipChanges = { [weak self] in self?.refresh() }
    timer.arm(after: WorkerWatch.interval, for: self)
    refresh()
  }

  /// Ends all probing, asking and warming.
  func stop() {
    isRunning = false
    router.whenMembershipChanges = nil
    router.watcher = nil
    timer.cancel()
    warmer?.stop()
    for care in cares { care.stop() }
    cares = []
    for load in loads { load.stop() }
    loads = []
  }

  /// Probes and asks as the configuration says now.
  func beginAnew() {
    for care in cares { care.stop() }
    cares = []
    for load in loads { load.stop() }
    loads = []
    refresh()
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
    if router.configuration.asksForLoad { refreshLoads() }
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

  /// One watch for each engine, which may be several workers.
  private func refreshLoads() {
    let workers = cares.flatMap(\.workers).filter { $0.state != .gone }
    let engines = Dictionary(grouping: workers, by: \.url.base)
    for load in loads where engines[load.base] == nil { load.stop() }
    loads.removeAll { engines[$0.base] == nil }
    for load in loads { load.setWorkers(engines[load.base] ?? []) }
    let known = Set(loads.map(\.base))
    for worker in workers where !known.contains(worker.url.base) {
      let base = worker.url.base
      guard !loads.contains(where: { $0.base == base }) else { continue }
      let load = LoadWatch(engines[base] ?? [worker], base: base, router: router, logger: logger)
      loads.append(load)
      load.look()
    }
  }
}

extension WorkerWatch: LoopTimerHandler {
  func timerDidFire(_ timer: any LoopTimer) {
    for care in cares { care.look() }
    for load in loads { load.look() }
    warmer?.proceed()
    panicNotice.look(at: router)
    timer.arm(after: WorkerWatch.interval, for: self)
  }
}

extension WorkerWatch: WorkerObserver {
  func workerIsDoubted(_ id: WorkerID) {
    cares.first { $0.workers.contains { $0.id == id } }?.hurry()
  }

  func breakerDidChange(_ change: BreakerChange, of id: WorkerID) {
    guard let worker = registry.worker(id) else { return }
    let metadata: Logger.Metadata = [
      "worker": "\(worker.url)", "role": "\(worker.role.rawValue)",
    ]
    switch change.to {
    case .ejected: logger.warning("worker is ejected: it fails requests", metadata: metadata)
    case .probing: logger.notice("ejected worker is tried again", metadata: metadata)
    case .admitting: logger.notice("worker is no longer ejected", metadata: metadata)
    }
    panicNotice.look(at: router)
  }
}
