internal import EventLoop
internal import Logging
internal import Vocabulary
internal import Wire

/// Asks one engine for its health at a fixed interval and tells the registry when it changes.
///
/// All data-parallel ranks of an engine answer at one address: they are as healthy as it is.
/// Lives on one loop and uses its connections; a probe that lasts longer than its time-out is
/// cancelled and counts as failed.
final class HealthProbe {
  /// From one probe to the next of a worker that was never found healthy.
  private static let newcomerInterval: Duration = .seconds(1)

  /// Who hears of it.
  weak var observer: (any HealthProbeObserver)?
  /// The engine's workers; never none.
  private(set) var workers: [Worker]
  private let settings: HealthSettings
  private let registry: WorkerRegistry
  private unowned let router: RouterLoop
  private let logger: Logger
  private let timer: any LoopTimer
  private var machine: HealthStateMachine
  private var startedAt = Instant.zero
  private lazy var leg = Leg(observer: self)

  init(worker: Worker, router: RouterLoop, registry: WorkerRegistry, logger: Logger) {
    workers = [worker]
    self.router = router
    self.registry = registry
    self.logger = logger
    settings = router.configuration.health
    timer = router.loop.makeTimer()
    machine = HealthStateMachine(
      failureThreshold: settings.failureThreshold, successThreshold: settings.successThreshold,
      isHealthy: worker.isHealthy)
  }

  /// Sends the first probe; the others follow by themselves.
  func start() {
    probe()
  }

  /// Takes the engine's workers for those that are there now; who is new is as healthy as it is.
  func take(_ workers: [Worker]) {
    precondition(!workers.isEmpty, "an engine without workers is not probed")
    let newcomers = workers.filter { worker in !self.workers.contains { $0 === worker } }
    if self.workers[0].wasFound, machine.isHealthy {
      for worker in newcomers { worker.noteFound() }
    }
    self.workers = workers
    if setHealth(of: newcomers) { registry.noteChange() }
  }

  /// Ends the probing.
  func stop() {
    timer.cancel()
    leg.cancel()
  }

  private func probe() {
    startedAt = router.loop.now
    leg.method = .get
    timer.arm(after: settings.timeout, for: self)
    if !router.pool(of: workers[0]).start(leg) { postpone() }
  }

  /// Tries again next time: the router's own limits tell nothing about the worker.
  private func postpone() {
    timer.arm(after: interval, for: self)
  }

  /// One that was registered before it listened is asked often, so that it is found at once.
  private var interval: Duration {
    if machine.isNew { return min(settings.interval, HealthProbe.newcomerInterval) }
    // At the start one is taken to be healthy, and only a probe can say that it is.
    let isFound = workers[0].wasFound
    return isFound
      ? settings.interval : min(settings.interval, router.configuration.startup.checkInterval)
  }

  private func end(success: Bool) {
    // From start to start, so that an engine that hangs is found as soon as one that refuses.
    let spent = router.loop.now - startedAt
    machine.note(success: success)
    if success { for worker in workers { worker.noteFound() } }
    timer.arm(after: max(.zero, interval - spent), for: self)
    noteHealth()
    if success { observer?.probeDidSucceed(self) }
  }

  private func noteHealth() {
    guard setHealth(of: workers) else { return }
    registry.noteChange()
    let state = machine.isHealthy ? "healthy" : "unhealthy"
    logger.log(
      level: machine.isHealthy ? .notice : .warning, "worker is \(state)",
      metadata: ["worker": "\(name)", "role": "\(workers[0].role.rawValue)"])
    observer?.probeDidChange(self, isHealthy: machine.isHealthy)
  }
}

extension HealthProbe {
  /// Says of `workers` what is known of their engine.
  ///
  /// - Returns: whether that is news of one of them.
  private func setHealth(of workers: [Worker]) -> Bool {
    workers.count { $0.setHealthy(machine.isHealthy, now: router.loop.now) } > 0
  }

  /// The worker's URL, or that of the engine where there are several.
  private var name: WorkerURL { workers.count == 1 ? workers[0].url : workers[0].url.base }
}

/// Who hears of one engine's probes.
protocol HealthProbeObserver: AnyObject {
  /// The engine answered well; told after a change of its health.
  func probeDidSucceed(_ probe: HealthProbe)
  /// The engine's health is another than before.
  func probeDidChange(_ probe: HealthProbe, isHealthy: Bool)
}

extension HealthProbe: LoopTimerHandler {
  func timerDidFire(_ timer: any LoopTimer) {
    guard leg.isOut else {
      probe()
      return
    }
    leg.cancel()
    end(success: false)
  }
}

extension HealthProbe: LegObserver {
  func legIsReady(_ leg: Leg) {
    var head = ByteBuffer(capacity: 256)
    head.append("GET ")
    head.append(workers[0].url.pathPrefix)
    head.append(settings.path)
    head.append(" HTTP/1.1\r\n")
    workers[0].addressFields.withUnsafeBytes { head.append($0) }
    head.append("user-agent: vllm-router\r\n")
    head.appendHeadEnd()
    withUnsafePointer(to: head.bytes) { leg.send(UnsafeBufferPointer(start: $0, count: 1)) }
  }

  func legDidReceiveHead(_ leg: Leg) {}

  func leg(_ leg: Leg, didReceive bytes: UnsafeRawBufferPointer) {}

  func legDidEnd(_ leg: Leg) {
    end(success: (200..<300).contains(leg.head.status))
  }

  func leg(_ leg: Leg, didFail failure: LegFailure) {
    if failure.blamesWorker { end(success: false) } else { postpone() }
  }
}
