internal import EventLoop
internal import JSONFields
internal import KVTransfer
internal import Vocabulary
internal import Wire

/// Answers the worker API and the listing of handles, on any loop.
///
/// Changes go to the registry and are told to all loops; what only the loops know is asked of them
/// (`RouterLoop.ask`), so an answer may come a wake-up later. Holds nothing of its own.
struct WorkerDesk {
  private let router: RouterLoop
  private let registry: WorkerRegistry

  /// The desk of one loop.
  init(_ router: RouterLoop) {
    self.router = router
    registry = router.registry
  }

  /// Answers one request of an own route that is not in `OwnAnswers`.
  func answer(_ endpoint: Endpoint, _ exchange: Exchange) {
    do throws(AdminRefusal) {
      switch endpoint {
      case .workers where exchange.head.method == .post: try register(exchange)
      case .workers: list(exchange)
      case .worker where exchange.head.method == .delete: try remove(exchange)
      case .worker: try show(exchange)
      case .workerDrain: try setDraining(true, exchange)
      case .workerUndrain: try setDraining(false, exchange)
      case .workerDrained: try tellWhetherDrained(exchange)
      case .handles: listHandles(exchange)
      default: preconditionFailure("\(endpoint) is not answered here")
      }
    } catch {
      var body = ByteBuffer(capacity: 256)
      error.append(to: &body)
      OwnAnswers.respond(exchange, status: error.status, json: body)
    }
  }

  // MARK: Membership

  private func list(_ exchange: Exchange) {
    var body = ByteBuffer(capacity: 1024)
    WorkerListing.append(registry.workers, to: &body)
    OwnAnswers.respond(exchange, json: body)
  }

  private func show(_ exchange: Exchange) throws(AdminRefusal) {
    var body = ByteBuffer(capacity: 512)
    WorkerListing.append(try worker(named: name(in: exchange)), to: &body)
    OwnAnswers.respond(exchange, json: body)
  }

  /// Registers a worker. One whose health will be found out waits for its first good probe.
  private func register(_ exchange: Exchange) throws(AdminRefusal) {
    let asked = try WorkerRegistration(
      exchange.body.bytes, isDisaggregated: router.isDisaggregated)
    let addition = registry.register(
      asked.url, role: asked.role, details: asked.details,
      isHealthy: !router.loops.watchesWorkers)
    switch addition {
    case .added(let worker):
      router.tellAll(.membershipChanged)
      succeed(exchange, "Worker \(worker.url) added successfully", worker)
    case .alreadyThere:
      throw AdminRefusal(
        status: 400, code: "ADD_WORKER_FAILED", message: "Worker \(asked.url) already exists")
    case .full:
      throw AdminRefusal(
        status: 400, code: "ADD_WORKER_FAILED",
        message: "There are \(WorkerRegistry.capacity) workers already")
    }
  }

  private func remove(_ exchange: Exchange) throws(AdminRefusal) {
    let worker = try worker(named: name(in: exchange))
    guard registry.remove(worker.id) else { throw WorkerDesk.unknown(worker.url.text) }
    router.tellAll(.membershipChanged)
    succeed(exchange, "Worker \(worker.url) removed successfully", worker)
  }

  private func setDraining(_ isDraining: Bool, _ exchange: Exchange) throws(AdminRefusal) {
    let worker = try worker(named: name(in: exchange))
    guard registry.setDraining(isDraining, worker.id) else {
      throw WorkerDesk.unknown(worker.url.text)
    }
    router.tellAll(.membershipChanged)
    succeed(
      exchange,
      isDraining
        ? "Worker \(worker.url) takes no new requests"
        : "Worker \(worker.url) takes new requests",
      worker)
  }

  private func succeed(_ exchange: Exchange, _ message: String, _ worker: Worker) {
    var body = ByteBuffer(capacity: 512)
    body.append("{\"success\":true,\"message\":")
    body.append(jsonString: message)
    body.append(",\"worker\":")
    WorkerListing.append(worker, to: &body)
    body.append("}")
    OwnAnswers.respond(exchange, json: body)
  }

  // MARK: Names

  /// The name in the path as a client writes it.
  private func name(in exchange: Exchange) throws(AdminRefusal) -> String {
    guard let path = WorkerPath(exchange.head.path.of(exchange.headBytes.bytes)) else {
      preconditionFailure("the route has a worker's name")
    }
    guard let name = path.decodedName else {
      throw AdminRefusal(
        status: 400, code: "INVALID_WORKER_NAME",
        message: "The path's percent-encoding is malformed")
    }
    return name
  }

  private func worker(named name: String) throws(AdminRefusal) -> Worker {
    let found = registry.workers.filter { WorkerDesk.isNamed($0, name) }
    guard let worker = found.first else { throw WorkerDesk.unknown(name) }
    guard found.count == 1 else {
      throw AdminRefusal(
        status: 409, code: "AMBIGUOUS_WORKER",
        message: "\(found.count) workers have the URL \(name); name one by its id")
    }
    return worker
  }

  private static func isNamed(_ worker: Worker, _ name: String) -> Bool {
    if let number = UInt32(name) { return worker.id.number == number }
    guard let url = try? WorkerURL(name) else { return false }
    return worker.url == url
  }

  private static func unknown(_ name: String) -> AdminRefusal {
    AdminRefusal(
      status: 404, code: "WORKER_NOT_FOUND", message: "Worker \(name) not found")
  }

  // MARK: Asking all loops

  /// Whether nothing of a worker is left: meant to be asked until it answers 200.
  ///
  /// A worker that has left is told of as long as it is remembered, so that asking comes to an end.
  private func tellWhetherDrained(_ exchange: Exchange) throws(AdminRefusal) {
    let worker = try workerOrDeparted(named: name(in: exchange))
    let isAsked = router.ask(.handlesOfWorker(worker.id)) { answers in
      var handles = 0
      for case .count(let count) in answers { handles += count }
      // Read after every loop has answered: what a loop chose before that is counted in it.
      let requests = worker.requestsInFlight
      let isDrained = worker.state != .active && requests == 0 && handles == 0
      var body = ByteBuffer(capacity: 256)
      body.append("{\"drained\":\(isDrained),\"state\":\"")
      body.append(worker.state.name)
      body.append("\",\"requests_in_flight\":")
      body.append(decimal: requests)
      body.append(",\"handles\":")
      body.append(decimal: handles)
      body.append("}")
      OwnAnswers.respond(
        exchange, status: isDrained ? 200 : 503, json: body,
        retryAfterSeconds: isDrained ? nil : 1)
    }
    if !isAsked { WorkerDesk.refuseInquiry(exchange) }
  }

  private func workerOrDeparted(named name: String) throws(AdminRefusal) -> Worker {
    do throws(AdminRefusal) {
      return try worker(named: name)
    } catch {
      guard error.status == 404 else { throw error }
      if let number = UInt32(name), let worker = registry.worker(WorkerID(number: number)) {
        return worker
      }
      guard let url = try? WorkerURL(name), let worker = registry.departed(url) else {
        throw error
      }
      return worker
    }
  }

  private func listHandles(_ exchange: Exchange) {
    let registry = registry
    let isAsked = router.ask(.handles(limit: HandleListing.limit)) { answers in
      var all = HandleInventory()
      for case .handles(let inventory) in answers {
        all.merge(inventory, limit: HandleListing.limit)
      }
      var body = ByteBuffer(capacity: 4096)
      HandleListing.append(all, registry: registry, to: &body)
      OwnAnswers.respond(exchange, json: body)
    }
    if !isAsked { WorkerDesk.refuseInquiry(exchange) }
  }

  private static func refuseInquiry(_ exchange: Exchange) {
    OwnAnswers.overloaded(exchange, "Too many inquiries are under way.")
  }
}

extension RouterLoop {
  /// Answers what the router answers without a worker.
  func answerItself(_ endpoint: Endpoint, _ exchange: Exchange) {
    switch endpoint {
    case .health, .liveness, .readiness:
      OwnAnswers.answer(endpoint, exchange, registry: registry)
    case .finishSession: SessionEnding.answer(exchange, memory: policyMemory)
    default: WorkerDesk(self).answer(endpoint, exchange)
    }
  }
}
