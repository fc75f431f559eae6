internal import EventLoop
public import LogLines
public import Logging
internal import Policies
internal import Synchronization
internal import Vocabulary

/// The router as a whole: its loops, each on a thread of its own, from start to shutdown.
///
/// `run` returns after SIGTERM, SIGINT or `stop`: readiness is withdrawn, the ports are closed
/// `Timeouts.settle` later, live requests may end within `Timeouts.shutdownGrace` of that, a second
/// signal ends at once.
public final class Router: Sendable {
  /// The configuration it runs.
  public let configuration: RouterConfiguration
  /// The workers it knows.
  public let registry: WorkerRegistry
  private let loops = LoopGroup()
  private let policyMemory: PolicyMemory
  private let gate: AdmissionGate
  let access: ClientAccess
  private let metrics: [LoopMetrics]
  private let logger: Logger
  private let requestLines: any LogLineTarget
  private let stopping = Atomic<Int>(0)
  private let wakers = Guarded<[any LoopWaker]>([])
  private let threads = Guarded<[LoopThread]>([])
  private let failure = Guarded<RouterFailure?>(nil)
  /// The configuration that counts now, after reloads.
  private let current: Guarded<RouterConfiguration>
  /// Where a new configuration comes from; nil where it can be none but the first.
  private let source: (@Sendable () throws -> RouterConfiguration)?

  /// A router for a configuration, which writes the lines of its requests to `requestLines`, or to
  /// `logger` as everything else, and which SIGHUP lets ask `source` for another configuration.
  ///
  /// - Throws: `ConfigurationFaults` with every fault found.
  public init(
    configuration: RouterConfiguration, logger: Logger, requestLines: (any LogLineTarget)? = nil,
    source: (@Sendable () throws -> RouterConfiguration)? = nil
  ) throws(ConfigurationFaults) {
    ProcessFigures.noteStart()
    try configuration.validate()
    self.requestLines = requestLines ?? LoggerTarget(logger)
    self.configuration = configuration
    self.source = source
    current = Guarded(configuration)
    self.logger = logger
    registry = WorkerRegistry(key: configuration.clients.workerKey.map { WorkerKey($0) })
    access = ClientAccess(configuration)
    policyMemory = configuration.makePolicyMemory(
      seed: configuration.seed ?? .random(in: .min ... .max))
    gate = AdmissionGate(configuration.admission)
    metrics = (0..<configuration.loops).map { _ in LoopMetrics() }
    for entry in configuration.workers { try register(entry) }
  }

  /// Registers the workers that one entry stands for.
  private func register(
    _ entry: RouterConfiguration.WorkerEntry
  ) throws(ConfigurationFaults) {
    let url: WorkerURL
    do throws(WorkerURL.Fault) {
      url = try WorkerURL(entry.url)
    } catch {
      throw ConfigurationFaults(sentences: [error.message])
    }
    let (urls, details) = configuration.workers(
      at: url, WorkerDetails(bootstrapPort: entry.bootstrapPort), asks: true)
    guard case .added = registry.register(urls, role: entry.role, details: details) else {
      throw ConfigurationFaults(
        sentences: ["these are more than \(WorkerRegistry.capacity) workers"])
    }
  }

  /// Runs until told to stop.
  ///
  /// - Throws: `RouterFailure` when a port cannot be opened, or no worker is there in time.
  public func run() throws(RouterFailure) {
    if let source = configuration.clients.workerKeySource {
      logger.notice("workers are sent a key", metadata: ["source": "\(source)"])
    }
    startLoop(0, on: configuration.listen)
    // The first loop starts the others before it ends, so the list is whole once it has.
    var joined = 0
    while let thread = threads.withLock({ $0.count > joined ? $0[joined] : nil }) {
      thread.join()
      joined += 1
    }
    if let failure = failure.withLock({ $0 }) { throw failure }
  }

  /// Stops the router from any thread, as a first SIGTERM does; a second call ends it at once.
  public func stop() {
    stopping.wrappingAdd(1, ordering: .sequentiallyConsistent)
    wakers.withLock { for waker in $0 { waker.wake() } }
  }

  /// Runs on with what `next` says, as far as that is possible without a restart: workers come and
  /// leave, keys, limits, time-outs, retries and health count from now on, and no request under way
  /// is dropped. The file of clients' keys is read again in any case. May be called from any thread
  /// while it runs.
  ///
  /// - Returns: what has changed and needs a restart, by its names in `RouterConfiguration`.
  /// - Throws: `ConfigurationFaults` with every fault found; nothing changes then.
  @discardableResult
  public func reload(_ next: RouterConfiguration) throws(ConfigurationFaults) -> [String] {
    try next.validate()
    let plan = ConfigurationReload(from: current.withLock { $0 }, to: next)
    let (keys, _) = plan.configuration.clients.readKeys()
    access.keyring?.replace(with: keys)
    gate.take(
      maxConcurrentRequests: plan.configuration.admission.maxConcurrentRequests,
      queueSize: plan.configuration.admission.queueSize)
    current.withLock { $0 = plan.configuration }
    for entry in plan.removed { leave(entry) }
    for entry in plan.added { arrive(entry) }
    loops.tell(.reconfigured(plan.configuration))
    loops.tell(.membershipChanged)
    logger.notice(
      "configuration was read",
      metadata: [
        "workers_added": "\(plan.added.count)", "workers_removed": "\(plan.removed.count)",
        "need_restart": "\(plan.needRestart.joined(separator: ","))",
      ])
    return plan.needRestart
  }

  private func leave(_ entry: RouterConfiguration.WorkerEntry) {
    guard let url = try? WorkerURL(entry.url) else { return }
    for worker in registry.workers where worker.role == entry.role && worker.url.isNamed(by: url) {
      registry.remove(worker.id)
    }
  }

  /// It gets nothing before its first good probe; one that was added by hand is there already.
  private func arrive(_ entry: RouterConfiguration.WorkerEntry) {
    guard let url = try? WorkerURL(entry.url) else { return }
    let (urls, details) = configuration.workers(
      at: url, WorkerDetails(bootstrapPort: entry.bootstrapPort), asks: true)
    let addition = registry.register(urls, role: entry.role, details: details, isHealthy: false)
    if case .full = addition {
      logger.warning("worker was not added: there are too many", metadata: ["worker": "\(url)"])
    }
  }

  /// SIGHUP: asks for the configuration anew; what is wrong with it is logged, and all stays.
  func reloadFromSource() {
    do {
      try reload(try source?() ?? current.withLock { $0 })
    } catch {
      logger.error("configuration was not read", metadata: ["why": "\(error)"])
    }
  }

  /// Stops the router because it cannot go on; `run` throws the first such failure.
  func fail(_ failure: RouterFailure) {
    self.failure.withLock { $0 = $0 ?? failure }
    stop()
  }

  /// What metrics tell of the program.
  var figures: ProgramFigures {
    ProgramFigures(
      process: .current(), droppedLogLines: requestLines.droppedLines)
  }

  /// How often `stop` was asked for.
  var stopRequests: Int { stopping.load(ordering: .sequentiallyConsistent) }

  private func startLoop(_ number: Int, on address: HostAndPort) {
    let thread = LoopThread.start(name: "router-\(number)") { loop in
      do throws(PortFailure) {
        try self.runLoop(number, loop, on: address)
      } catch {
        self.fail(.port(error))
      }
    }
    threads.withLock { $0.append(thread) }
  }

  private func runLoop(
    _ number: Int, _ loop: LibUVLoop, on address: HostAndPort
  ) throws(PortFailure) {
    let seed = configuration.seed ?? UInt64.random(in: .min ... .max)
    let router = RouterLoop(
      loop: loop, configuration: configuration, registry: registry, metrics: metrics[number],
      seed: seed &+ UInt64(number), loops: loops, number: number, policyMemory: policyMemory,
      gate: gate, access: access)
    if configuration.logsRequests { router.routeObserver = RouteLog(target: requestLines) }
    let supervisor = LoopSupervisor(
      router: router, shared: self, isFirst: number == 0, logger: logger)
    loop.handler = supervisor
    wakers.withLock { $0.append(loop.waker) }
    let bound = try PortFailure.naming(address) { () throws(StreamError) in
      try router.listen(on: address, sharesPort: configuration.loops > 1)
    }
    if number == 0 {
      try supervisor.openMetrics(metrics)
      try supervisor.openOperatorsPort()
      supervisor.start()
      // The others share the port that this one has, also when any would do.
      for other in 1..<max(1, configuration.loops) { startLoop(other, on: bound) }
      logger.notice("listening", metadata: ["address": "\(bound)"])
    }
    if stopRequests > 0 { loop.waker.wake() }
    loop.run()
  }
}
