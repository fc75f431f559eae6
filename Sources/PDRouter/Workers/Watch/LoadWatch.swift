internal import EventLoop
internal import Logging
internal import Policies
internal import Vocabulary

/// Asks one engine for its load at a fixed interval, and notes it at the workers that it is.
///
/// `GET /metrics`, once for all workers at one URL, while one of them is healthy. An answer is
/// believed for three intervals, so that one or two that fail do no harm; then the workers go
/// unreported. What the router itself has there is taken off, as many as were in flight when it was
/// asked or when it answered, so that requests that came or ended between are nobody else's.
/// Confined to the watching loop; driven by `look`, about once a second.
final class LoadWatch {
  /// Bytes of an answer: vLLM 0.32 sends 58 kB for each data-parallel rank.
  static let longestAnswer = 4 * 1024 * 1024
  /// Intervals that an answer is believed for.
  static let freshIntervals = 3

  /// The URL that it asks at.
  let base: WorkerURL
  private var workers: [Worker]
  private unowned let router: RouterLoop
  private let logger: Logger
  private let interval: Duration
  private let query: WorkerQuery
  private var meters: [WorkerID: LoadMeter] = [:]
  private var inFlightWhenAsked: [WorkerID: Int] = [:]
  private var nextAt = Instant.zero
  private var wasAsked = false
  private var fails = false

  /// A watch of the engine that `workers` are, at least one; asks when it is first looked at.
  init(_ workers: [Worker], base: WorkerURL, router: RouterLoop, logger: Logger) {
    precondition(!workers.isEmpty, "somebody is watched")
    self.workers = workers
    self.base = base
    self.router = router
    self.logger = logger
    interval = router.configuration.loadCheckInterval
    precondition(interval > .zero, "an interval of 0 means that nobody is asked")
    query = WorkerQuery(
      "/metrics", of: workers[0], on: router.loop, timeout: router.configuration.health.timeout,
      longestAnswer: LoadWatch.longestAnswer)
  }

  /// From now on the engine is these workers, at least one.
  func setWorkers(_ workers: [Worker]) {
    precondition(!workers.isEmpty, "somebody is watched")
    self.workers = workers
    let ids = Set(workers.map(\.id))
    meters = meters.filter { ids.contains($0.key) }
  }

  /// Asks, if it is time.
  func look() {
    let now = router.loop.now
    guard now >= nextAt, !query.isOut,
      let asked = workers.first(where: { $0.isHealthy && $0.state != .gone })
    else { return }
    nextAt = now + (wasAsked ? interval : firstInterval(of: asked))
    wasAsked = true
    for worker in workers { inFlightWhenAsked[worker.id] = worker.requestsInFlight }
    query.put(through: router.pool(of: asked)) { [weak self] in self?.take($0) }
  }

  /// Ends the asking.
  func stop() {
    query.cancel()
  }

  /// A whole fleet that was found at once is not asked at once for ever: the second time comes
  /// after half an interval to a whole one, differently for each (golden section).
  private func firstInterval(of worker: Worker) -> Duration {
    let turn = Double(worker.id.number) * 0.618_034
    return interval * ((1 + turn - turn.rounded(.down)) / 2)
  }

  private func take(_ outcome: WorkerQuery.Outcome) {
    defer { inFlightWhenAsked.removeAll(keepingCapacity: true) }
    guard case .answered(200, let body) = outcome else {
      noteFailure(true)
      return
    }
    let text = EngineMetricsText(body)
    let places = workers.map(\.url.rank)
    var isAnswer = false
    for (worker, rank) in zip(workers, places) {
      guard let reading = text.reading(ofRank: rank) else { continue }
      isAnswer = true
      let ours = zip(workers, places).reduce(0) { sum, other in
        other.1 == rank ? sum + inFlight(other.0) : sum
      }
      note(reading, of: worker, ours: ours)
    }
    noteFailure(!isAnswer)
    if isAnswer { router.registry.noteReports() }
  }

  private func inFlight(_ worker: Worker) -> Int {
    max(worker.requestsInFlight, inFlightWhenAsked[worker.id] ?? 0)
  }

  private func note(_ reading: EngineReading, of worker: Worker, ours: Int) {
    let now = router.loop.now
    let load = meters[worker.id, default: LoadMeter()].note(reading, ours: ours, at: now)
    worker.note(
      LoadReport(load: load, freshUntil: now + interval * LoadWatch.freshIntervals))
  }

  /// Says so once, and once when it is over.
  private func noteFailure(_ fails: Bool) {
    guard fails != self.fails else { return }
    self.fails = fails
    logger.log(
      level: fails ? .warning : .notice,
      fails ? "worker does not tell its load" : "worker tells its load again",
      metadata: ["worker": "\(base)"])
  }
}
