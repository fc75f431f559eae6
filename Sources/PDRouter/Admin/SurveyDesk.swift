internal import JSONFields
internal import Policies
internal import Vocabulary
internal import Wire

/// Answers the routes for which engines are asked: caches, loads, a generating health check,
/// models, stored responses.
///
/// On any loop; holds nothing of its own. An engine with several ranks is asked once. A client that
/// leaves ends the asking.
struct SurveyDesk {
  let router: RouterLoop
  let registry: WorkerRegistry

  /// The desk of one loop.
  init(_ router: RouterLoop) {
    self.router = router
    registry = router.registry
  }

  /// Answers one request of such a route.
  func answer(_ endpoint: Endpoint, _ exchange: Exchange) {
    switch endpoint {
    case .models: listModels(exchange)
    case .flushCache: flushCaches(exchange)
    case .loads: tellLoads(exchange)
    case .healthGenerate: checkGenerating(exchange)
    case .modelInfo, .serverInfo: askFirst(endpoint, exchange)
    case .storedResponse, .responseCancel, .responseInput, .responseInputItems:
      findResponse(endpoint, exchange)
    default: preconditionFailure("\(endpoint) is not answered here")
    }
  }

  // MARK: Asking

  /// Asks one worker of each engine; `whenEnded` is not called when the client leaves before.
  func ask(
    _ question: WorkerSurvey.Question, of workers: [Worker], for held: HeldAnswer,
    isEnough: @escaping (WorkerSurvey.Reply) -> Bool = { _ in false },
    whenEnded: @escaping ([WorkerSurvey.Reply]) -> Void
  ) {
    let survey = WorkerSurvey(question, of: workers, by: router, isEnough: isEnough)
    held.whenLost = { survey.cancel() }
    survey.start(whenEnded: whenEnded)
  }

  /// The client's own word to engines that want to know who asks; not where it is a key of ours.
  func authorization(of exchange: Exchange) -> [UInt8] {
    let isOperators =
      exchange.endpoint.isAdmin && router.configuration.clients.adminKey != nil
    guard router.passesAuthorization, !isOperators,
      let field = exchange.head.fields.first(.authorization)
    else { return [] }
    var line = ByteBuffer()
    line.appendField(copying: field, from: exchange.headBytes.bytes)
    return Array(line.bytes)
  }

  // MARK: Models

  /// Answers from what is known; workers that have said nothing yet are asked first.
  private func listModels(_ exchange: Exchange) {
    let isLacking = registry.workers.contains { $0.isEligible && $0.models == nil }
    let held = HeldAnswer(exchange)
    let isAsked = isLacking && router.modelRefresh.ask { tellModels(held) }
    if !isAsked { tellModels(held) }
  }

  private func tellModels(_ held: HeldAnswer) {
    held.answer { exchange in
      var body = ByteBuffer(capacity: 1024)
      guard ModelListing.append(registry.workers, to: &body) else {
        OwnAnswers.noWorker(exchange, "No engine has told which models it serves.")
        return
      }
      OwnAnswers.respond(exchange, json: body)
    }
  }

  // MARK: One engine

  /// Lets the first worker that may be chosen answer, whatever its role.
  private func askFirst(_ endpoint: Endpoint, _ exchange: Exchange) {
    guard let first = registry.workers.first(where: \.isEligible) else {
      OwnAnswers.noWorker(exchange)
      return
    }
    router.handle(exchange, endpoint, pinnedTo: first)
  }

  /// Finds the engine that keeps a response, and lets it answer.
  private func findResponse(_ endpoint: Endpoint, _ exchange: Exchange) {
    let engines = WorkerSurvey.engines(
      of: registry.workers.filter { $0.role != .prefill && $0.isEligible })
    guard let first = engines.first else {
      OwnAnswers.noWorker(exchange)
      return
    }
    guard engines.count > 1 else {
      router.handle(exchange, endpoint, pinnedTo: first)
      return
    }
    guard let path = ResponsePath(exchange.head.path.of(exchange.headBytes.bytes)) else {
      preconditionFailure("the route names a response")
    }
    let question = WorkerSurvey.Question(
      path: path.text, fields: authorization(of: exchange),
      longestAnswer: router.configuration.limits.prefillAnswerBytes)
    let held = HeldAnswer(exchange)
    ask(question, of: engines, for: held, isEnough: \.isSuccess) { replies in
      held.answer { exchange in
        if let keeper = replies.first(where: \.isSuccess) {
          router.handle(exchange, endpoint, pinnedTo: keeper.worker)
        } else {
          SurveyDesk.relay(replies.last { $0.status != nil }, to: exchange)
        }
      }
    }
  }

  /// Passes an engine's answer on, or says that there was none.
  static func relay(_ reply: WorkerSurvey.Reply?, to exchange: Exchange) {
    guard let reply, let status = reply.status, (200...599).contains(status) else {
      OwnAnswers.respond(
        exchange,
        RouterError(.unreachable, origin: .worker, message: "No engine has answered."))
      return
    }
    var fields = ByteBuffer(capacity: 128)
    if !reply.contentType.isEmpty {
      reply.contentType.withUnsafeBytes { fields.appendField(name: "content-type", value: $0) }
    }
    var body = ByteBuffer(capacity: max(1, reply.body.count))
    reply.body.withUnsafeBytes { body.append($0) }
    exchange.respond(status: status, fields: fields, body: body)
  }
}
