internal import EventLoop
public import LogLines
public import Logging
internal import Policies
internal import Synchronization
internal import Vocabulary

/// The router as a whole: its loops, each on a thread of its own, from start to shutdown.
///
/// `run` returns after SIGTERM, SIGINT or `stop`: the ports are closed first, live requests may end
/// within `Timeouts.shutdownGrace`, a second signal ends at once.
public final class Router: Sendable {
  /// The configuration it runs.
  public let configuration: RouterConfiguration
  /// The workers it knows.
  public let registry = WorkerRegistry()
  private let loops = LoopGroup()
  private let policyMemory: PolicyMemory
  private let metrics: [LoopMetrics]
  private let logger: Logger
  private let requestLines: any LogLineTarget
  private let stopping = Atomic<Int>(0)
  private let wakers = Mutex<[any LoopWaker]>([])
  private let threads = Mutex<[LoopThread]>([])
  private let failure = Mutex<PortFailure?>(nil)

  /// A router for a configuration, which writes the lines of its requests to `requestLines`, or to
  /// `logger` as everything else.
  ///
  /// - Throws: `ConfigurationFaults` with every fault found.
  public init(
    configuration: RouterConfiguration, logger: Logger, requestLines: (any LogLineTarget)? = nil
  ) throws(ConfigurationFaults) {
    ProcessFigures.noteStart()
    try configuration.validate()
    self.requestLines = requestLines ?? LoggerTarget(logger)
    self.configuration = configuration
    self.logger = logger
    policyMemory = configuration.makePolicyMemory(
      seed: configuration.seed ?? .random(in: .min ... .max))
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
  /// - Throws: `PortFailure` when a port cannot be opened.
  public func run() throws(PortFailure) {
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
        self.failure.withLock { $0 = $0 ?? error }
        self.stop()
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
      seed: seed &+ UInt64(number), loops: loops, number: number, policyMemory: policyMemory)
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
      supervisor.start()
      // The others share the port that this one has, also when any would do.
      for other in 1..<max(1, configuration.loops) { startLoop(other, on: bound) }
      logger.notice("listening", metadata: ["address": "\(bound)"])
    }
    if stopRequests > 0 { loop.waker.wake() }
    loop.run()
  }
}
