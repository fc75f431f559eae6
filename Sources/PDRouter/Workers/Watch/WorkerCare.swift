internal import Logging

/// What is done for one worker besides sending it requests: it is probed.
final class WorkerCare {
  /// The worker.
  let worker: Worker
  private let probe: HealthProbe

  init(worker: Worker, router: RouterLoop, logger: Logger) {
    self.worker = worker
    probe = HealthProbe(
      worker: worker, router: router, registry: router.registry, logger: logger)
  }

  /// Begins.
  func start() {
    probe.start()
  }

  /// Ends everything.
  func stop() {
    probe.stop()
  }
}
