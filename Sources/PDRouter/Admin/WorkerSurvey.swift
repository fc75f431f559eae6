internal import EventLoop
internal import Vocabulary
internal import Wire

/// One question put to several engines, a bounded number of them at once.
///
/// Confined to its loop; keeps itself alive until it ends. For rare questions only: it allocates
/// for every engine. Ends when all have answered or failed, when an answer is good enough, or when
/// its time is over. Limits: `mostAtOnce`, and those of `Question`.
final class WorkerSurvey {
  /// What is asked.
  struct Question {
    /// GET or POST.
    var method = HTTPMethod.get
    /// The path, and perhaps a query.
    let path: String
    /// Further lines of the head.
    var fields: [UInt8] = []
    /// Time for one engine.
    var timeout: Duration = .seconds(5)
    /// Time for all of them.
    var limit: Duration = .seconds(30)
    /// Bytes of one answer.
    var longestAnswer = WorkerQuery.longestAnswer
  }

  /// What came of asking one engine.
  struct Reply {
    /// Who was asked.
    let worker: Worker
    /// The status; nil when there was no whole answer in time.
    var status: Int?
    /// The body.
    var body: [UInt8] = []
    /// What `content-type` said.
    var contentType: [UInt8] = []

    /// Whether the engine did what it was asked.
    var isSuccess: Bool { status.map { (200..<300).contains($0) } ?? false }
  }

  /// Engines asked at the same time.
  static let mostAtOnce = 32

  private unowned let router: RouterLoop
  private let question: Question
  private let isEnough: (Reply) -> Bool
  private var replies: [Reply]
  private var queries: [Int: WorkerQuery] = [:]
  private var next = 0
  private let timer: any LoopTimer
  private var whenEnded: (([Reply]) -> Void)?

  /// A survey of `workers`, one for each engine; `isEnough` says of an answer that no other is
  /// needed.
  init(
    _ question: Question, of workers: [Worker], by router: RouterLoop,
    isEnough: @escaping (Reply) -> Bool = { _ in false }
  ) {
    self.question = question
    self.router = router
    self.isEnough = isEnough
    replies = workers.map { Reply(worker: $0) }
    timer = router.loop.makeTimer()
  }

  /// Asks; `whenEnded` is called once with a reply for each worker, in their order, never from
  /// within, unless `cancel` comes first.
  func start(whenEnded: @escaping ([Reply]) -> Void) {
    precondition(self.whenEnded == nil && next == 0, "a survey is made once")
    self.whenEnded = whenEnded
    // Nobody to ask: the timer says so, since the caller is not to hear of it at once.
    timer.arm(after: replies.isEmpty ? .milliseconds(1) : question.limit, for: self)
    askMore()
  }

  /// Ends it without a word.
  func cancel() {
    whenEnded = nil
    stop()
  }

  private func askMore() {
    while next < replies.count, queries.count < WorkerSurvey.mostAtOnce {
      let place = next
      next += 1
      let worker = replies[place].worker
      let query = WorkerQuery(
        question.path, of: worker, on: router.loop, timeout: question.timeout,
        longestAnswer: question.longestAnswer, method: question.method, fields: question.fields)
      queries[place] = query
      query.put(through: router.pool(of: worker)) { [self] outcome in take(outcome, place) }
    }
  }

  private func take(_ outcome: WorkerQuery.Outcome, _ place: Int) {
    guard let query = queries.removeValue(forKey: place) else {
      preconditionFailure("whoever answers was asked")
    }
    if case .answered(let status, let body) = outcome {
      replies[place].status = status
      replies[place].body = Array(body)
      replies[place].contentType = query.contentType
    }
    guard !isEnough(replies[place]) else { return end() }
    askMore()
    if queries.isEmpty { end() }
  }

  private func end() {
    guard let whenEnded else { preconditionFailure("a survey ends once") }
    self.whenEnded = nil
    stop()
    whenEnded(replies)
  }

  private func stop() {
    timer.cancel()
    for query in queries.values { query.cancel() }
    queries.removeAll()
  }
}

extension WorkerSurvey: LoopTimerHandler {
  func timerDidFire(_ timer: any LoopTimer) {
    end()
  }
}

extension WorkerSurvey {
  /// One worker of each engine among `workers`, in their order: an engine is asked once, however
  /// many ranks it has.
  static func engines(of workers: [Worker]) -> [Worker] {
    var seen: Set<WorkerURL> = []
    return workers.filter { seen.insert($0.url.base).inserted }
  }
}
