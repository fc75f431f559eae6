internal import EventLoop
internal import Logging
internal import Vocabulary

/// Asks an engine how many data-parallel ranks it has, and makes its workers be as many.
///
/// `GET /metrics` after every good probe, since an engine may have started anew with another number
/// in between. An engine of several ranks is that many workers (`URL@0`, `URL@1`, …), one of a
/// single rank stays itself; one that does not say it has as many as the configuration says. Only
/// when the number changes are workers changed: a rank that an operator has removed stays away.
/// Those that are replaced drain, and leave when nothing of theirs is under way. Confined to the
/// watching loop; never holds anything else up.
final class RankInquiry {
  /// Bytes of an answer: a vLLM server tells some 50 KiB of each rank.
  private static let longestAnswer = 16 * 1024 * 1024

  private let base: WorkerURL
  private unowned let router: RouterLoop
  private let logger: Logger
  private let query: WorkerQuery
  /// How many the engine was last known to have; nil before it was first asked.
  private var count: Int?
  /// Replaced workers that still have something to do.
  private var leaving: [Worker] = []

  /// An inquiry of the engine of `worker`.
  init(worker: Worker, router: RouterLoop, logger: Logger) {
    base = worker.url.base
    self.router = router
    self.logger = logger
    query = WorkerQuery(
      "/metrics", of: worker, on: router.loop, timeout: router.configuration.health.timeout,
      longestAnswer: RankInquiry.longestAnswer)
  }

  /// Asks through the pool of one of the engine's workers; calls `whenEnded` with those that there
  /// are after the answer, when `workers` are those there are before it. Does nothing while the
  /// last question is under way.
  func ask(
    through pool: WorkerPool, workers: @escaping () -> [Worker],
    whenEnded: @escaping ([Worker]) -> Void
  ) {
    guard !query.isOut else { return }
    query.put(through: pool) { [weak self] outcome in
      guard let self else { return }
      whenEnded(take(outcome, of: workers()))
    }
  }

  /// Lets replaced workers go that have nothing left to do; called about once a second.
  func look() {
    leaving.removeAll { $0.state == .gone }
    // An operator who lets the engine take requests again means its ranks.
    for worker in leaving where worker.state == .active {
      _ = router.registry.setDraining(true, worker.id)
    }
    for worker in leaving where worker.requestsInFlight == 0 { leaveIfUnused(worker) }
  }

  /// Ends everything.
  func stop() {
    query.cancel()
  }

  private func take(_ outcome: WorkerQuery.Outcome, of workers: [Worker]) -> [Worker] {
    let said =
      if case .answered(200, let body) = outcome { EngineMetricsText.engineCount(body) } else { 0 }
    let count = said > 0 ? said : self.count ?? router.configuration.dataParallelSize
    let isNews = count != self.count
    self.count = count
    return isNews ? change(workers, to: count) : workers
  }

  private func change(_ workers: [Worker], to count: Int) -> [Worker] {
    let present = workers.filter { present in
      present.details.findsRanks && present.state != .gone
        && !leaving.contains { $0 === present }
    }
    guard let model = present.first else { return workers }
    let wanted = count == 1 ? [base] : (0..<count).map { base.ranked($0) }
    let unwanted = present.filter { !wanted.contains($0.url) }
    let missing = wanted.filter { url in !workers.contains { $0.url == url } }
    let added =
      unwanted.isEmpty && missing.isEmpty
      ? [] : router.registry.replace(unwanted, with: missing, like: model)
    let remaining = workers.filter { worker in !unwanted.contains { $0 === worker } } + added
    for worker in remaining where wanted.contains(worker.url) { worker.learn(rankCount: count) }
    leaving += unwanted.filter { $0.state == .draining }
    tell(count, added: added.count, missing: missing.count)
    return remaining
  }

  private func tell(_ count: Int, added: Int, missing: Int) {
    if missing > 0 {
      logger.notice(
        "engine's data-parallel ranks",
        metadata: ["worker": "\(base)", "ranks": "\(count)", "added": "\(added)"])
    }
    guard added < missing else { return }
    logger.warning(
      "not all data-parallel ranks could be added",
      metadata: ["worker": "\(base)", "ranks": "\(count)"])
  }

  private func leaveIfUnused(_ worker: Worker) {
    // When too many questions are open, the next look asks.
    _ = router.ask(.handlesOfWorkers([worker.id])) { [weak self] answers in
      var handles = 0
      for case .count(let count) in answers { handles += count }
      guard let self, handles == 0, worker.requestsInFlight == 0, worker.state == .draining else {
        return
      }
      router.registry.remove(worker.id)
      router.tellAll(.membershipChanged)
    }
  }
}
