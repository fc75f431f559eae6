internal import EventLoop
internal import Logging
internal import Vocabulary

/// What is done for one engine's workers besides sending them requests: the engine is probed, and
/// asked what must be known of it to pair it.
///
/// An engine is one worker, or several where it has data-parallel ranks; how many, `RankInquiry`
/// finds out. It is asked which models it serves. Where pools are split and the operator gave no
/// key, its version is asked for after every good probe, since an engine may be replaced between
/// two probes. A Mooncake prefill engine's bootstrap server is asked at once, whenever the engine
/// has come back, and when requests to it fail. Confined to the watching loop.
final class WorkerCare {
  /// The engine.
  let engine: WatchedEngine
  /// Its workers; never none.
  private(set) var workers: [Worker]
  /// Told when a worker is healthy and asked, and when it is not healthy any more.
  var whenReadinessChanges: ((Worker, _ isReady: Bool) -> Void)?
  private unowned let router: RouterLoop
  private let logger: Logger
  private let probe: HealthProbe
  private let ranks: RankInquiry?
  private let models: ModelInquiry
  private let versionQuery: WorkerQuery?
  private let bootstrap: BootstrapInquiry?
  private var isReady = false
  private var ready: Set<WorkerID> = []

  /// Care for the engine of `workers`, all of which are its.
  init(workers: [Worker], router: RouterLoop, logger: Logger) {
    precondition(!workers.isEmpty, "an engine has a worker")
    let first = workers[0]
    engine = WatchedEngine(of: first)
    self.workers = workers
    self.router = router
    self.logger = logger
    probe = HealthProbe(worker: first, router: router, registry: router.registry, logger: logger)
    models = ModelInquiry(worker: first, router: router, logger: logger)
    ranks =
      workers.contains { $0.details.findsRanks }
      ? RankInquiry(worker: first, router: router, logger: logger) : nil
    versionQuery =
      router.isDisaggregated && first.details.key == nil
      ? WorkerQuery(
        "/version", of: first, on: router.loop, timeout: router.configuration.health.timeout)
      : nil
    bootstrap =
      router.configuration.asksBootstrapServers && first.role == .prefill
      ? BootstrapInquiry(worker: first, router: router, logger: logger) : nil
  }

  /// Begins.
  func start() {
    take(workers)
    probe.observer = self
    probe.start()
    bootstrap?.ask()
  }

  /// Takes the engine's workers for those that are there now.
  func take(_ workers: [Worker]) {
    precondition(!workers.isEmpty, "an engine has a worker")
    let version = self.workers.lazy.compactMap(\.version).first
    let isNews = !workers.elementsEqual(self.workers) { $0 === $1 }
    for gone in self.workers where !workers.contains(where: { $0 === gone }) { unready(gone) }
    self.workers = workers
    probe.take(workers)
    bootstrap?.workers = workers
    guard isNews else { return }
    if let version { learn(version) }
    // New ranks do not know what the engine's server said of them.
    bootstrap?.ask()
    if isReady { setReady(true) }
  }

  /// A request broke at one of the workers: asks soon whether the engine lives.
  func hurry() {
    probe.hurry()
  }

  /// Looks whether something is to be asked again; called about once a second.
  func look() {
    bootstrap?.askIfFailed()
    ranks?.look()
  }

  /// Ends everything.
  func stop() {
    probe.observer = nil
    probe.stop()
    ranks?.stop()
    models.stop()
    versionQuery?.cancel()
    bootstrap?.stop()
    setReady(false)
  }

  private func askRanks() {
    guard let ranks else { return askVersion() }
    ranks.ask(through: router.pool(of: workers[0])) { [weak self] in
      self?.workers ?? []
    } whenEnded: { [weak self] workers in
      guard let self else { return }
      // Before others hear of it, so that nobody takes these for an engine that is new.
      let isNews = !workers.elementsEqual(self.workers) { $0 === $1 }
      if isNews {
        take(workers)
        router.tellAll(.membershipChanged)
      }
      askVersion()
    }
  }

  private func askVersion() {
    guard let versionQuery else {
      setReady(workers[0].isHealthy)
      return
    }
    guard !versionQuery.isOut else { return }
    versionQuery.put(through: router.pool(of: workers[0])) { [weak self] outcome in
      guard let self else { return }
      if case .answered(200, let body) = outcome, let version = WorkerAnswer.version(body) {
        learn(version)
      }
      setReady(workers[0].isHealthy)
    }
  }

  private func learn(_ version: String) {
    let learners = workers.count { $0.learn(version: version) }
    guard learners > 0 else { return }
    router.registry.noteChange()
    logger.info(
      "worker's version",
      metadata: ["worker": "\(workers[0].url.base)", "version": "\(version)"])
  }

  private func setReady(_ isReady: Bool) {
    self.isReady = isReady
    for worker in workers {
      guard isReady else {
        unready(worker)
        continue
      }
      if ready.insert(worker.id).inserted { whenReadinessChanges?(worker, true) }
    }
  }

  private func unready(_ worker: Worker) {
    if ready.remove(worker.id) != nil { whenReadinessChanges?(worker, false) }
  }
}

extension WorkerCare: HealthProbeObserver {
  func probeDidSucceed(_ probe: HealthProbe) {
    models.askIfDue(through: router.pool(of: workers[0])) { [weak self] in self?.workers ?? [] }
    askRanks()
  }

  func probeDidChange(_ probe: HealthProbe, isHealthy: Bool) {
    guard isHealthy else {
      setReady(false)
      return
    }
    for worker in workers { router.tellAll(.workerReturned(worker.id)) }
    models.hasReturned()
    bootstrap?.ask()
  }
}
