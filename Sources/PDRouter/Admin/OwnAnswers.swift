internal import Vocabulary
internal import Wire

/// What the router answers by itself: liveness, readiness, health, and refusals of a whole request.
enum OwnAnswers {
  /// Answers `/liveness`, `/readiness` or `/health` from the registry; a router that is leaving is
  /// ready for nothing.
  ///
  /// Where workers are probed (`isWatched`), one is ready when a probe has found it so: at the
  /// start it is only taken to be.
  static func answer(
    _ endpoint: Endpoint, _ exchange: Exchange, registry: WorkerRegistry, isWatched: Bool,
    isLeaving: Bool = false
  ) {
    switch endpoint {
    case .liveness: respond(exchange, text: "OK")
    case .readiness where isLeaving:
      respond(
        exchange, status: 503, type: "application/json",
        #"{"status":"not_ready","reason":"the router is shutting down"}"#)
    case .readiness: readiness(exchange, registry.workers, isWatched)
    case .health: health(exchange, registry.workers)
    default: preconditionFailure("\(endpoint) is not answered here")
    }
  }

  /// Answers for what the baseline has and this router has not: 404 in the baseline's words.
  static func noProgramScheduling(_ exchange: Exchange) {
    var body = ByteBuffer(capacity: 128)
    body.append(
      "{\"enabled\":false,\"error\":\"This Router does not own Program scheduling\"}")
    respond(exchange, status: 404, json: body)
  }

  /// There are metrics on a port of their own, if at all.
  static func metricsAreElsewhere(_ exchange: Exchange, port: UInt16?) {
    let place = port.map { "They are on port \($0) (--prometheus-port)." } ?? "They are off."
    respond(
      exchange,
      RouterError(
        .badRequest(status: 404), origin: .client,
        message: "The router's metrics are not on this port. \(place)"))
  }

  /// Nobody could be asked, or nobody had an answer: 503.
  static func noWorker(
    _ exchange: Exchange, _ message: String = "No healthy worker is available."
  ) {
    respond(
      exchange, RouterError(.noWorker, origin: .router, message: message, retryAfterSeconds: 5))
  }

  /// A known path with another method: 405.
  static func methodNotAllowed(_ exchange: Exchange, allowed: StaticString?) {
    guard let allowed else { preconditionFailure("a route that takes any method refuses none") }
    respond(
      exchange,
      RouterError(
        .badRequest(status: 405), origin: .client, message: "This path takes \(allowed) only."),
      allow: allowed)
  }

  /// A route that is not served where it was asked for: 404.
  static func notFound(_ exchange: Exchange) {
    refuse(
      exchange,
      RouterError(
        .badRequest(status: 404), origin: .client, message: "This port has no such path."))
  }

  /// Refuses a request before it has begun.
  static func refuse(_ exchange: Exchange, _ error: RouterError) {
    respond(exchange, error)
  }

  /// The loop is at a limit, of live requests unless said otherwise: 503.
  static func overloaded(
    _ exchange: Exchange, _ message: String = "The router is at its limit of live requests."
  ) {
    respond(
      exchange,
      RouterError(.overloaded, origin: .router, message: message, retryAfterSeconds: 1))
  }

  private static func readiness(
    _ exchange: Exchange, _ workers: [Worker], _ isWatched: Bool
  ) {
    func counts(_ role: Role) -> (healthy: Int, total: Int) {
      let members = workers.filter { $0.role == role }
      return (members.count { $0.isAvailable && (!isWatched || $0.wasFound) }, members.count)
    }
    let (prefill, decode, both) = (counts(.prefill), counts(.decode), counts(.both))
    guard prefill.total + decode.total > 0 else {
      let isReady = both.healthy > 0
      respond(
        exchange, status: isReady ? 200 : 503, type: "application/json",
        isReady
          ? #"{"status":"ready","healthy_workers":\#(both.healthy),"total_workers":\#(both.total)}"#
          : #"{"status":"not_ready","reason":"no healthy workers available","#
            + #""total_workers":\#(both.total)}"#)
      return
    }
    let lacking = [
      prefill.healthy == 0 ? "no healthy prefill workers" : nil,
      decode.healthy == 0 ? "no healthy decode workers" : nil,
    ].compactMap { $0 }.joined(separator: ", ")
    let pools =
      #""prefill":{"healthy":\#(prefill.healthy),"total":\#(prefill.total)},"#
      + #""decode":{"healthy":\#(decode.healthy),"total":\#(decode.total)}}"#
    respond(
      exchange, status: lacking.isEmpty ? 200 : 503, type: "application/json",
      lacking.isEmpty
        ? #"{"status":"ready",\#(pools)"#
        : #"{"status":"not_ready","reason":"\#(lacking)",\#(pools)"#)
  }

  private static func health(_ exchange: Exchange, _ workers: [Worker]) {
    let unhealthy = workers.filter { !$0.isHealthy }.map { worker in
      switch worker.role {
      case .prefill: "\"Prefill: \(worker.url)\""
      case .decode: "\"Decode: \(worker.url)\""
      case .both: "\"\(worker.url)\""
      }
    }
    guard !unhealthy.isEmpty else {
      respond(exchange, text: "All servers healthy")
      return
    }
    respond(
      exchange, status: 503, type: "text/plain",
      "Unhealthy servers: [\(unhealthy.joined(separator: ", "))]")
  }

  /// Answers with an error in OpenAI's form.
  static func respond(
    _ exchange: Exchange, _ error: RouterError, allow: StaticString? = nil
  ) {
    var fields = ByteBuffer(capacity: 128)
    fields.append("content-type: application/json\r\n")
    if let allow { fields.appendField(name: "allow", value: allow) }
    if error.kind == .unauthorized { fields.appendField(name: "www-authenticate", value: "Bearer") }
    if let seconds = error.retryAfterSeconds {
      fields.appendField(name: "retry-after", value: seconds)
    }
    var body = ByteBuffer(capacity: 256)
    ErrorAnswer.append(error, to: &body)
    exchange.respond(status: error.status, fields: fields, body: body)
  }

  /// Answers with plain text.
  static func respond(_ exchange: Exchange, text: String) {
    respond(exchange, status: 200, type: "text/plain", text)
  }

  /// Answers with JSON.
  static func respond(
    _ exchange: Exchange, status: Int = 200, json body: borrowing ByteBuffer,
    retryAfterSeconds: Int? = nil
  ) {
    var fields = ByteBuffer(capacity: 64)
    fields.append("content-type: application/json\r\n")
    if let retryAfterSeconds { fields.appendField(name: "retry-after", value: retryAfterSeconds) }
    exchange.respond(status: status, fields: fields, body: body)
  }

  private static func respond(
    _ exchange: Exchange, status: Int, type: StaticString, _ text: String
  ) {
    var fields = ByteBuffer(capacity: 64)
    fields.appendField(name: "content-type", value: type)
    var body = ByteBuffer(capacity: text.utf8.count)
    body.append(text)
    exchange.respond(status: status, fields: fields, body: body)
  }
}
