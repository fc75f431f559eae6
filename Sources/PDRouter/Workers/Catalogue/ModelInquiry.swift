internal import EventLoop
internal import Logging
internal import Vocabulary

/// Asks one engine now and then which models it serves, for the watching loop.
///
/// After the first good probe, whenever the engine has come back, and then after the first good
/// probe that is `interval` later than the last question. An engine that does not tell keeps what
/// was known of it.
final class ModelInquiry {
  /// The least time between two questions that nothing has happened between.
  static let interval: Duration = .seconds(25)

  private unowned let router: RouterLoop
  private let logger: Logger
  private let query: WorkerQuery
  private var nextAt = Instant.zero

  init(worker: Worker, router: RouterLoop, logger: Logger) {
    self.router = router
    self.logger = logger
    query = WorkerQuery(
      "/v1/models", of: worker, on: router.loop, timeout: router.configuration.health.timeout,
      longestAnswer: ModelCatalogue.longestAnswer)
  }

  /// Asks after the next good probe, whenever the last question was.
  func hasReturned() {
    nextAt = .zero
  }

  /// Asks through the pool of one of the engine's workers if it is time; the answer goes to those
  /// that `workers` gives then.
  func askIfDue(through pool: WorkerPool, workers: @escaping () -> [Worker]) {
    guard router.loop.now >= nextAt, !query.isOut else { return }
    nextAt = router.loop.now + ModelInquiry.interval
    query.put(through: pool) { [weak self] outcome in
      guard let self, case .answered(200, let body) = outcome,
        let catalogue = ModelCatalogue(body)
      else { return }
      let workers = workers()
      guard router.registry.learn(catalogue, of: workers), let worker = workers.first else {
        return
      }
      logger.info(
        "engine's models",
        metadata: [
          "worker": "\(worker.url.base)", "models": "\(catalogue.entries.count)",
          "first": "\(catalogue.entries[0].id)",
        ])
    }
  }

  /// Ends everything.
  func stop() {
    query.cancel()
  }
}

extension WorkerRegistry {
  /// Notes at `workers`, which are one engine's, what it serves.
  ///
  /// - Returns: whether these are other models than before.
  @discardableResult
  func learn(_ catalogue: ModelCatalogue, of workers: [Worker]) -> Bool {
    let learners = workers.count { $0.learn(models: catalogue) }
    if learners > 0 { noteChange() }
    return learners > 0
  }
}
