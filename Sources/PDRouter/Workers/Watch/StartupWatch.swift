internal import EventLoop
internal import Logging
internal import Vocabulary

/// Waits for the first healthy worker of each role that was configured, and says when none came.
///
/// Meanwhile the port is open and `/readiness` says 503. Looks once a second; with no worker
/// configured it waits for nobody. Lives on the watching loop until all are there or its time is
/// over.
final class StartupWatch {
  private static let interval: Duration = .seconds(1)

  private let configuration: RouterConfiguration
  private let registry: WorkerRegistry
  private let loop: any Loop
  private let logger: Logger
  private let timer: any LoopTimer
  private let whenLate: (StartupFailure) -> Void
  private var awaited: [Role]
  private var startedAt = Instant.zero
  private var nextWord = Instant.zero

  /// A watch that tells `whenLate` once, if at all.
  init(
    _ configuration: RouterConfiguration, registry: WorkerRegistry, on loop: any Loop,
    logger: Logger, whenLate: @escaping (StartupFailure) -> Void
  ) {
    self.configuration = configuration
    self.registry = registry
    self.loop = loop
    self.logger = logger
    self.whenLate = whenLate
    timer = loop.makeTimer()
    awaited = Role.allCases.filter { role in configuration.workers.contains { $0.role == role } }
  }

  /// Begins.
  func start() {
    startedAt = loop.now
    nextWord = startedAt + configuration.startup.checkInterval
    look()
  }

  /// Ends it without a word.
  func stop() {
    timer.cancel()
  }

  private func look() {
    let found = Set(registry.workers.lazy.filter(\.wasFound).map(\.role))
    awaited.removeAll { found.contains($0) }
    guard !awaited.isEmpty else { return }
    guard loop.now - startedAt < configuration.startup.timeout else {
      whenLate(StartupFailure(timeout: configuration.startup.timeout, workers: hosts))
      return
    }
    if loop.now >= nextWord {
      nextWord = loop.now + configuration.startup.checkInterval
      logger.notice(
        "waiting for workers", metadata: ["workers": "\(hosts.joined(separator: ","))"])
    }
    timer.arm(after: StartupWatch.interval, for: self)
  }

  private var hosts: [String] {
    configuration.workers.filter { awaited.contains($0.role) }.map(\.url)
  }
}

extension StartupWatch: LoopTimerHandler {
  func timerDidFire(_ timer: any LoopTimer) {
    look()
  }
}
