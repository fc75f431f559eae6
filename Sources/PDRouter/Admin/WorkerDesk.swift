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
  let router: RouterLoop
  let registry: WorkerRegistry

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
      case .addWorker: try registerAndWait(exchange)
      case .removeWorker: try removeByQuery(exchange)
      case .listWorkers: listURLs(exchange)
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
    let found = try workers(named: name(in: exchange))
    var body = ByteBuffer(capacity: 512)
    if found.count == 1 {
      WorkerListing.append(found[0], to: &body)
    } else {
      WorkerListing.append(found, to: &body)
    }
    OwnAnswers.respond(exchange, json: body)
  }

  /// Registers a worker, or the ranks that its URL stands for. Whose health will be found out waits
  /// for its first good probe.
  private func register(_ exchange: Exchange) throws(AdminRefusal) {
    let asked = try WorkerRegistration(
      exchange.body.bytes, isDisaggregated: router.isDisaggregated)
    let workers = try add(asked)
    succeed(exchange, "Worker \(asked.url) added successfully", workers)
  }

  /// The same, and answers only when one of them was found healthy.
  private func registerAndWait(_ exchange: Exchange) throws(AdminRefusal) {
    let asked = try WorkerRegistration(
      query: exchange.head.query.of(exchange.headBytes.bytes),
      isDisaggregated: router.isDisaggregated)
    _ = try add(asked)
    WorkerArrival(of: asked.url, role: asked.role, router: router, for: exchange).begin()
  }

  private func add(_ asked: WorkerRegistration) throws(AdminRefusal) -> [Worker] {
    let isWatched = router.loops.watchesWorkers
    let (urls, details) = router.configuration.workers(
      at: asked.url, asked.details, asks: isWatched)
    switch registry.register(urls, role: asked.role, details: details, isHealthy: !isWatched) {
    case .added(let workers):
      router.tellAll(.membershipChanged)
      return workers
    case .alreadyThere(let url):
      throw AdminRefusal(
        status: 400, code: "ADD_WORKER_FAILED", message: "Worker \(url) already exists")
    case .full:
      throw AdminRefusal(
        status: 400, code: "ADD_WORKER_FAILED",
        message: "There are \(WorkerRegistry.capacity) workers already")
    }
  }

  private func remove(_ exchange: Exchange) throws(AdminRefusal) {
    let name = try name(in: exchange)
    let removed = try workers(named: name).filter { registry.remove($0.id) }
    guard !removed.isEmpty else { throw WorkerDesk.unknown(name) }
    router.tellAll(.membershipChanged)
    succeed(exchange, "Worker \(WorkerDesk.title(removed)) removed successfully", removed)
  }

  private func setDraining(_ isDraining: Bool, _ exchange: Exchange) throws(AdminRefusal) {
    let name = try name(in: exchange)
    let changed = try workers(named: name).filter { registry.setDraining(isDraining, $0.id) }
    guard !changed.isEmpty else { throw WorkerDesk.unknown(name) }
    router.tellAll(.membershipChanged)
    let title = WorkerDesk.title(changed)
    succeed(
      exchange,
      isDraining
        ? "Worker \(title) takes no new requests" : "Worker \(title) takes new requests",
      changed)
  }

  /// Tells of one worker, or of an engine's ranks as a list.
  private func succeed(_ exchange: Exchange, _ message: String, _ workers: [Worker]) {
    var body = ByteBuffer(capacity: 512)
    body.append("{\"success\":true,\"message\":")
    body.append(jsonString: message)
    if workers.count == 1 {
      body.append(",\"worker\":")
      WorkerListing.append(workers[0], to: &body)
    } else {
      body.append(",\"workers\":")
      WorkerListing.appendArray(workers, to: &body)
    }
    body.append("}")
    OwnAnswers.respond(exchange, json: body)
  }

  /// What one worker, or an engine's ranks, are called together.
  private static func title(_ workers: [Worker]) -> WorkerURL {
    workers.count == 1 ? workers[0].url : workers[0].url.base
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

  /// The one worker of that name, or all ranks of the engine of that name.
  private func workers(named name: String) throws(AdminRefusal) -> [Worker] {
    let found: [Worker]
    if let number = UInt32(name) {
      found = registry.workers.filter { $0.id.number == number }
    } else if let url = try? WorkerURL(name) {
      found = registry.workers.filter { $0.url.isNamed(by: url) }
    } else {
      found = []
    }
    guard let first = found.first else { throw WorkerDesk.unknown(name) }
    guard found.allSatisfy({ $0.role == first.role }) else {
      throw AdminRefusal(
        status: 409, code: "AMBIGUOUS_WORKER",
        message: "\(found.count) workers have the URL \(name); name one by its id")
    }
    return found
  }

  static func unknown(_ name: String) -> AdminRefusal {
    AdminRefusal(
      status: 404, code: "WORKER_NOT_FOUND", message: "Worker \(name) not found")
  }

  // MARK: Asking all loops

  /// Whether nothing of a worker, or of an engine's ranks, is left: meant to be asked until it
  /// answers 200.
  ///
  /// A worker that has left is told of as long as it is remembered, so that asking comes to an end.
  private func tellWhetherDrained(_ exchange: Exchange) throws(AdminRefusal) {
    let workers = try workersOrDeparted(named: name(in: exchange))
    let isAsked = router.ask(.handlesOfWorkers(workers.map(\.id))) { answers in
      var handles = 0
      for case .count(let count) in answers { handles += count }
      // Read after every loop has answered: what a loop chose before that is counted in it.
      let requests = workers.reduce(0) { $0 + $1.requestsInFlight }
      let state = WorkerDesk.state(of: workers)
      let isDrained = state != .active && requests == 0 && handles == 0
      var body = ByteBuffer(capacity: 256)
      body.append("{\"drained\":\(isDrained),\"state\":\"")
      body.append(state.name)
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

  /// As active as the most active of them.
  private static func state(of workers: [Worker]) -> WorkerState {
    let states = workers.map(\.state)
    return states.contains(.active) ? .active : states.contains(.draining) ? .draining : .gone
  }

  private func workersOrDeparted(named name: String) throws(AdminRefusal) -> [Worker] {
    do throws(AdminRefusal) {
      return try workers(named: name)
    } catch {
      guard error.status == 404 else { throw error }
      if let number = UInt32(name), let worker = registry.worker(WorkerID(number: number)) {
        return [worker]
      }
      let departed = (try? WorkerURL(name)).map { registry.departed($0) } ?? []
      guard !departed.isEmpty else { throw error }
      return departed
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
