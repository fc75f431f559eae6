internal import EventLoop
internal import Logging
internal import Vocabulary

/// What is done for one worker besides sending it requests: it is probed, and asked what must be
/// known of it to pair it.
///
/// Where pools are split and the operator gave no key, its version is asked for after every good
/// probe, since an engine may be replaced between two probes. A Mooncake prefill engine's bootstrap
/// server is asked at once, whenever the engine has come back, and when requests to it fail.
/// Confined to the watching loop.
final class WorkerCare {
  /// The worker.
  let worker: Worker
  /// Told when the worker is healthy and asked, and when it is not healthy any more.
  var whenReadinessChanges: ((Worker, _ isReady: Bool) -> Void)?
  private unowned let router: RouterLoop
  private let logger: Logger
  private let probe: HealthProbe
  private let versionQuery: WorkerQuery?
  private let bootstrap: BootstrapInquiry?
  private var isReady = false

  init(worker: Worker, router: RouterLoop, logger: Logger) {
    self.worker = worker
    self.router = router
    self.logger = logger
    probe = HealthProbe(
      worker: worker, router: router, registry: router.registry, logger: logger)
    versionQuery =
      router.isDisaggregated && worker.details.key == nil
      ? WorkerQuery(
        "/version", of: worker, on: router.loop, timeout: router.configuration.health.timeout)
      : nil
    bootstrap =
      router.configuration.asksBootstrapServers && worker.role == .prefill
      ? BootstrapInquiry(worker: worker, router: router, logger: logger) : nil
  }

  /// Begins.
  func start() {
    probe.observer = self
    probe.start()
    bootstrap?.ask()
  }

  /// Looks whether something is to be asked again; called about once a second.
  func look() {
    bootstrap?.askIfFailed()
  }

  /// Ends everything.
  func stop() {
    probe.observer = nil
    probe.stop()
    versionQuery?.cancel()
    bootstrap?.stop()
    setReady(false)
  }

  private func askVersion() {
    guard let versionQuery else {
      setReady(worker.isHealthy)
      return
    }
    guard !versionQuery.isOut else { return }
    versionQuery.put(through: router.pool(of: worker)) { [weak self] outcome in
      guard let self else { return }
      if case .answered(200, let body) = outcome, let version = WorkerAnswer.version(body) {
        note(version)
      }
      setReady(worker.isHealthy)
    }
  }

  private func note(_ version: String) {
    guard worker.learn(version: version) else { return }
    router.registry.noteChange()
    logger.info(
      "worker's version", metadata: ["worker": "\(worker.url)", "version": "\(version)"])
  }

  private func setReady(_ isReady: Bool) {
    guard isReady != self.isReady else { return }
    self.isReady = isReady
    whenReadinessChanges?(worker, isReady)
  }
}

extension WorkerCare: HealthProbeObserver {
  func probeDidSucceed(_ probe: HealthProbe) {
    askVersion()
  }

  func probeDidChange(_ probe: HealthProbe, isHealthy: Bool) {
    guard isHealthy else {
      setReady(false)
      return
    }
    router.tellAll(.workerReturned(worker.id))
    bootstrap?.ask()
  }
}
