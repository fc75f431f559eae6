internal import EventLoop
internal import KVTransfer
internal import Logging
internal import Vocabulary

/// Asks a Mooncake prefill engine's bootstrap server which engine answers on which rank.
///
/// `GET http://host:port/query`, a series of `BootstrapBackoff.tries` at most; never holds anything
/// else up. The answer goes to the worker, where the connector reads it. Asked again whenever the
/// engine may be another one. Confined to its loop, with a connection of its own per try.
final class BootstrapInquiry {
  private let worker: Worker
  private let pool: WorkerPool
  private let query: WorkerQuery
  private let timer: any LoopTimer
  private let logger: Logger
  private var backoff = BootstrapBackoff()
  private var failuresSeen = 0

  init(worker: Worker, router: RouterLoop, logger: Logger) {
    self.worker = worker
    self.logger = logger
    // The server is another one than the worker's, on the same host: a pool and a name of its own.
    let server = Worker(
      id: worker.id,
      url: worker.url.onPort(
        worker.details.bootstrapPort ?? MooncakeConnector.defaultBootstrapPort),
      role: worker.role)
    pool = WorkerPool(
      worker: server, loop: router.loop, limits: router.configuration.limits,
      timeouts: router.configuration.timeouts)
    query = WorkerQuery(
      "/query", of: server, on: router.loop, timeout: router.configuration.health.timeout)
    timer = router.loop.makeTimer()
  }

  /// Starts a series of tries; one that is under way begins to count anew.
  func ask() {
    backoff = BootstrapBackoff()
    failuresSeen = worker.failedRequests
    guard !query.isOut else { return }
    timer.cancel()
    put()
  }

  /// Asks again if requests to the worker have failed since; called about once a second.
  func askIfFailed() {
    guard worker.failedRequests != failuresSeen, !query.isOut, !timer.isArmed else { return }
    ask()
  }

  /// Ends everything.
  func stop() {
    timer.cancel()
    query.cancel()
    pool.closeIdle()
  }

  private func put() {
    query.put(through: pool) { [weak self] outcome in self?.take(outcome) }
  }

  private func take(_ outcome: WorkerQuery.Outcome) {
    pool.closeIdle()
    guard case .answered(200, let body) = outcome,
      let identity = MooncakeConnector.identity(
        inBootstrapAnswer: body, rank: nil, host: worker.url.peer.host,
        bootstrapPort: worker.details.bootstrapPort ?? MooncakeConnector.defaultBootstrapPort)
    else {
      tryAgain()
      return
    }
    guard worker.peer.identity != identity else { return }
    worker.updatePeer { $0.identity = identity }
    logger.info("worker's bootstrap server answered", metadata: ["worker": "\(worker.url)"])
  }

  private func tryAgain() {
    guard let wait = backoff.next() else {
      logger.warning(
        "worker's bootstrap server does not answer", metadata: ["worker": "\(worker.url)"])
      return
    }
    timer.arm(after: wait, for: self)
  }
}

extension BootstrapInquiry: LoopTimerHandler {
  func timerDidFire(_ timer: any LoopTimer) {
    put()
  }
}
