internal import EventLoop
internal import Logging
internal import Vocabulary
internal import Wire

/// Asks one engine for its health and tells the registry when it changes.
///
/// At the interval while nothing speaks against it, else as `ProbePace` says; one probe at a time.
/// All data-parallel ranks of an engine answer at one address: they are as healthy as it is.
/// Lives on one loop and uses its connections; a probe that lasts longer than its time-out is
/// cancelled and counts as failed.
final class HealthProbe {
  private enum Outcome {
    case good
    /// It could not be reached, or answered that it is not well.
    case bad
    /// It did not answer in time.
    case late
  }

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
  private var pace: ProbePace
  private var startedAt = Instant.zero
  /// Whether a request has broken since the last good probe began.
  private var isDoubted = false
  /// Whether that was after the probe that is out had begun.
  private var isDoubtedAnew = false
  /// Whether it was logged that the engine does not speak HTTP/2.
  private var hasSaidNotHTTP2 = false
  private lazy var leg = Leg(observer: self)

  init(worker: Worker, router: RouterLoop, registry: WorkerRegistry, logger: Logger) {
    workers = [worker]
    self.router = router
    self.registry = registry
    self.logger = logger
    settings = router.configuration.health
    timer = router.loop.makeTimer()
    pace = ProbePace(interval: settings.interval)
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

  /// A request broke at the engine: it is asked at once, unless it was a moment ago or is not
  /// healthy, and then until it is clear whether it lives.
  func hurry() {
    isDoubted = true
    isDoubtedAnew = leg.isOut
    guard !leg.isOut, machine.isHealthy else { return }
    timer.arm(after: max(.zero, ProbePace.gap - (router.loop.now - startedAt)), for: self)
  }

  private func probe() {
    startedAt = router.loop.now
    for worker in workers { worker.clearDoubt() }
    leg.method = .get
    timer.arm(after: settings.timeout, for: self)
    if !router.pool(of: workers[0]).start(leg) { postpone() }
  }

  /// What is wrong with the configuration or the engine nobody would see in a failed probe.
  private func sayNotHTTP2() {
    guard !hasSaidNotHTTP2 else { return }
    hasSaidNotHTTP2 = true
    logger.error(
      "worker does not speak HTTP/2, as its URL or --worker-http2 says",
      metadata: ["worker": "\(name)"])
  }

  /// Tries again next time: the router's own limits tell nothing about the worker.
  private func postpone() {
    timer.arm(after: pace.next(situation(after: .late), using: &router.generator), for: self)
  }

  private func end(_ outcome: Outcome) {
    machine.note(success: outcome == .good)
    if outcome == .good {
      isDoubted = isDoubtedAnew
      for worker in workers {
        worker.noteFound()
        router.noteGoodProbe(of: worker)
      }
    }
    isDoubtedAnew = false
    if outcome == .good { hasSaidNotHTTP2 = false }
    // From start to start, so that an engine that hangs is found as soon as one that refuses.
    let wait = pace.next(situation(after: outcome), using: &router.generator)
    timer.arm(after: max(.zero, wait - (router.loop.now - startedAt)), for: self)
    noteHealth()
    if outcome == .good { observer?.probeDidSucceed(self) }
  }

  private func situation(after outcome: Outcome) -> ProbePace.Situation {
    guard machine.isHealthy else { return outcome == .good ? .returning : .away }
    if isDoubted || workers.contains(where: { $0.breaker.awaitsProbe }) { return .doubted }
    // A busy engine may be slow to answer; that alone is no reason to ask it more often.
    return outcome == .bad ? .doubted : .settled
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
    end(.late)
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
    end((200..<300).contains(leg.head.status) ? .good : .bad)
  }

  func leg(_ leg: Leg, didFail failure: LegFailure) {
    if failure == .notHTTP2 { sayNotHTTP2() }
    if failure.blamesWorker { end(.bad) } else { postpone() }
  }
}
