internal import EventLoop
internal import KVTransfer
internal import Logging
internal import Vocabulary

/// Asks a Mooncake prefill engine's bootstrap server which engine answers on which rank.
///
/// `GET http://host:port/query`, a series of `BootstrapBackoff.tries` at most; never holds anything
/// else up. The answer goes to the worker, where the connector reads it. Asked again whenever the
/// engine may be another one. One server answers for all data-parallel ranks of its engine.
/// Confined to its loop, with a connection of its own per try.
final class BootstrapInquiry {
  /// The engine's workers; never none.
  var workers: [Worker]
  private let host: String
  private let port: UInt16
  private let pool: WorkerPool
  private let query: WorkerQuery
  private let timer: any LoopTimer
  private let logger: Logger
  private var backoff = BootstrapBackoff()
  private var failuresSeen = 0

  init(worker: Worker, router: RouterLoop, logger: Logger) {
    workers = [worker]
    host = worker.url.peer.host
    port = worker.details.bootstrapPort ?? MooncakeConnector.defaultBootstrapPort
    self.logger = logger
    // The server is another one than the worker's, on the same host: a pool and a name of its own.
    let server = Worker(
      id: worker.id, url: worker.url.onPort(port), role: worker.role, key: worker.key)
    pool = WorkerPool(
      worker: server, loop: router.loop, limits: router.configuration.limits,
      timeouts: router.configuration.timeouts, security: router.security)
    query = WorkerQuery(
      "/query", of: server, on: router.loop, timeout: router.configuration.health.timeout)
    timer = router.loop.makeTimer()
  }

  /// Starts a series of tries; one that is under way begins to count anew.
  func ask() {
    backoff = BootstrapBackoff()
    failuresSeen = failures
    guard !query.isOut else { return }
    timer.cancel()
    put()
  }

  /// Asks again if requests to the worker have failed since; called about once a second.
  func askIfFailed() {
    guard failures != failuresSeen, !query.isOut, !timer.isArmed else { return }
    ask()
  }

  /// Ends everything.
  func stop() {
    timer.cancel()
    query.cancel()
    pool.closeIdle()
  }

  /// Requests that the engine failed; another number, too, when its workers are others.
  private var failures: Int { workers.reduce(0) { $0 &+ $1.failedRequests } }

  private func put() {
    query.put(through: pool) { [weak self] outcome in self?.take(outcome) }
  }

  private func take(_ outcome: WorkerQuery.Outcome) {
    pool.closeIdle()
    guard case .answered(200, let body) = outcome else { return tryAgain() }
    for worker in workers {
      guard
        let identity = MooncakeConnector.identity(
          inBootstrapAnswer: body, rank: worker.url.rank, host: host, bootstrapPort: port)
      else { return tryAgain() }
      guard worker.peer.identity != identity else { continue }
      worker.updatePeer { $0.identity = identity }
      logger.info("worker's bootstrap server answered", metadata: ["worker": "\(worker.url)"])
    }
  }

  private func tryAgain() {
    guard let wait = backoff.next() else {
      logger.warning(
        "worker's bootstrap server does not answer",
        metadata: ["worker": "\(workers[0].url.base)"])
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
