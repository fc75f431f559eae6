internal import EventLoop
internal import Logging

/// What is done for one worker besides sending it requests: it is probed, and asked what must be
/// known of it to pair it.
///
/// Where pools are split and the operator gave no key, its version is asked for after every good
/// probe, since an engine may be replaced between two probes. Confined to the watching loop.
final class WorkerCare {
  /// The worker.
  let worker: Worker
  private unowned let router: RouterLoop
  private let logger: Logger
  private let probe: HealthProbe
  private let versionQuery: WorkerQuery?

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
  }

  /// Begins.
  func start() {
    probe.observer = self
    probe.start()
  }

  /// Ends everything.
  func stop() {
    probe.observer = nil
    probe.stop()
    versionQuery?.cancel()
  }

  private func askVersion() {
    guard let versionQuery, !versionQuery.isOut else { return }
    versionQuery.put(through: router.pool(of: worker)) { [weak self] outcome in
      guard case .answered(200, let body) = outcome, let version = WorkerAnswer.version(body)
      else { return }
      self?.note(version)
    }
  }

  private func note(_ version: String) {
    guard worker.learn(version: version) else { return }
    router.registry.noteChange()
    logger.info(
      "worker's version", metadata: ["worker": "\(worker.url)", "version": "\(version)"])
  }
}

extension WorkerCare: HealthProbeObserver {
  func probeDidSucceed(_ probe: HealthProbe) {
    askVersion()
  }

  func probeDidChange(_ probe: HealthProbe, isHealthy: Bool) {
    guard isHealthy else { return }
    router.tellAll(.workerReturned(worker.id))
  }
}
