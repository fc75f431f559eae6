internal import EventLoop
internal import Vocabulary

/// Asks all engines anew which models they serve, for whoever cannot go on without knowing.
///
/// Of one loop. Asks at most once in `interval`; all who want to know while it asks wait for the
/// same answers, `limit` at most. Costs nothing while nobody wants to know.
final class ModelRefresh {
  /// From the end of one round of questions to the next.
  static let interval: Duration = .seconds(1)
  /// The longest that anybody waits.
  static let limit: Duration = .seconds(2)

  private unowned let router: RouterLoop
  private var survey: WorkerSurvey?
  private var waiting: [() -> Void] = []
  private var nextAt = Instant.zero
  private var isStale = false

  init(router: RouterLoop) {
    self.router = router
  }

  /// Asks, or joins those who wait; `whenEnded` is called once, never from within.
  ///
  /// - Returns: false when the engines were asked a moment ago, or there are none: what is known is
  ///   all there is to know, and `whenEnded` is not called.
  func ask(whenEnded: @escaping () -> Void) -> Bool {
    guard survey != nil || router.loop.now >= nextAt, survey != nil || start() else {
      return false
    }
    waiting.append(whenEnded)
    return true
  }

  /// Asks whenever the last time was: an engine has just been told to serve something else.
  func askAtOnce() {
    guard survey == nil else {
      isStale = true
      return
    }
    _ = start()
  }

  /// Ends everything; nobody hears of it.
  func stop() {
    survey?.cancel()
    survey = nil
    waiting = []
  }

  private func start() -> Bool {
    let engines = WorkerSurvey.engines(of: router.registry.workers.filter(\.isEligible))
    guard !engines.isEmpty else { return false }
    isStale = false
    let question = WorkerSurvey.Question(
      path: "/v1/models", timeout: ModelRefresh.limit, limit: ModelRefresh.limit,
      longestAnswer: ModelCatalogue.longestAnswer)
    let survey = WorkerSurvey(question, of: engines, by: router)
    self.survey = survey
    survey.start { [weak self] in self?.take($0) }
    return true
  }

  private func take(_ replies: [WorkerSurvey.Reply]) {
    survey = nil
    nextAt = router.loop.now + ModelRefresh.interval
    let workers = router.registry.workers
    for reply in replies where reply.status == 200 {
      let catalogue = reply.body.withUnsafeBytes { ModelCatalogue($0) }
      guard let catalogue else { continue }
      let base = reply.worker.url.base
      router.registry.learn(catalogue, of: workers.filter { $0.url.base == base })
    }
    let waiters = waiting
    waiting = []
    if isStale { _ = start() }
    for waiter in waiters { waiter() }
  }
}
