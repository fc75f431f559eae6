internal import EventLoop
internal import Logging
internal import Policies
internal import Vocabulary

/// What a loop does besides requests: letters, signals, shutdown, and on the first loop probes,
/// metrics and memory.
final class LoopSupervisor {
  private let router: RouterLoop
  private let shared: Router
  private let isFirst: Bool
  private let logger: Logger
  private let grace: any LoopTimer
  private let watch: WorkerWatch
  private let startup: StartupWatch
  private let memory: MemoryKeeper
  private var metricsFrontend: Frontend?
  private let settling: any LoopTimer
  private var isLeaving = false

  init(router: RouterLoop, shared: Router, isFirst: Bool, logger: Logger) {
    self.router = router
    self.shared = shared
    self.isFirst = isFirst
    self.logger = logger
    grace = router.loop.makeTimer()
    settling = router.loop.makeTimer()
    memory = MemoryKeeper(on: router.loop)
    router.connectionLog = ConnectionLog(logger: logger)
    watch = WorkerWatch(router: router, logger: logger)
    startup = StartupWatch(
      router.configuration, registry: shared.registry, on: router.loop, logger: logger
    ) { [unowned shared] in shared.fail(.startup($0)) }
  }

  /// Watches signals and begins to probe the workers.
  func start() {
    precondition(isFirst, "one loop watches signals and workers")
    for signal in WatchedSignal.allCases { router.loop.watchSignal(signal.rawValue) }
    watch.start()
    startup.start()
    memory.start()
  }

  /// Opens the metrics port, unless it is switched off.
  ///
  /// - Throws: `PortFailure` when it cannot be opened.
  func openMetrics(_ loops: [LoopMetrics]) throws(PortFailure) {
    guard let address = router.configuration.metrics else { return }
    let frontend = Frontend(
      loop: router.loop,
      handler: MetricsEndpoint(
        loops: loops, router: router,
        program: { [unowned shared = self.shared] in shared.figures }),
      limits: router.configuration.limits, timeouts: router.configuration.timeouts)
    if router.configuration.tls.coversMetrics { frontend.security = router.security }
    frontend.http2 = router.configuration.http2
    let bound = try PortFailure.naming(address) { () throws(StreamError) in
      try frontend.listen(on: address, sharesPort: false)
    }
    metricsFrontend = frontend
    logger.notice("serving metrics", metadata: ["address": "\(bound)"])
  }

  /// Opens the operators' port, if there is one.
  ///
  /// - Throws: `PortFailure` when it cannot be opened.
  func openOperatorsPort() throws(PortFailure) {
    guard let address = router.configuration.clients.admin else { return }
    let bound = try PortFailure.naming(address) { () throws(StreamError) in
      try router.listenForOperators(on: address)
    }
    logger.notice("serving operators", metadata: ["address": "\(bound)"])
  }

  /// Withdraws readiness, and drains once whoever asks for it has had time to see that.
  private func leave() {
    guard !isLeaving else { return }
    isLeaving = true
    let settle = router.configuration.timeouts.settle
    guard settle > .zero else { return drain() }
    router.beginLeaving()
    if isFirst {
      logger.notice("leaving", metadata: ["settle_seconds": "\(settle.components.seconds)"])
    }
    settling.arm(after: settle, for: self)
  }

  private func drain() {
    watch.stop()
    startup.stop()
    memory.stop()
    metricsFrontend?.drain()
    grace.arm(after: router.configuration.timeouts.shutdownGrace, for: self)
    if isFirst {
      logger.notice(
        "stopping", metadata: ["live_requests": "\(router.liveRequests)"])
    }
    let loop = router.loop
    router.drain { loop.stop() }
  }
}

/// The signals that the program heeds, by their POSIX numbers.
enum WatchedSignal: Int32, CaseIterable {
  /// Read the configuration again.
  case hangUp = 1
  /// Stop.
  case interrupt = 2
  case terminate = 15
}

extension LoopSupervisor: LoopHandler, LoopTimerHandler {
  func loopDidWake(_ loop: any Loop) {
    router.readMail()
    switch shared.stopRequests {
    case 0: break
    case 1: leave()
    default:
      router.abort()
      loop.stop()
    }
  }

  func loop(_ loop: any Loop, didReceiveSignal number: Int32) {
    if number == WatchedSignal.hangUp.rawValue { shared.reloadFromSource() } else { shared.stop() }
  }

  func timerDidFire(_ timer: any LoopTimer) {
    guard timer !== settling else { return drain() }
    logger.warning("the grace period is over")
    router.abort()
    router.loop.stop()
  }
}
