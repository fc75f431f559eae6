internal import Vocabulary
internal import Wire

/// What the router answers by itself: liveness, readiness, health, and refusals of a whole request.
enum OwnAnswers {
  /// Answers `/liveness`, `/readiness` or `/health` from the registry.
  static func answer(_ endpoint: Endpoint, _ exchange: Exchange, registry: WorkerRegistry) {
    switch endpoint {
    case .liveness: respond(exchange, status: 200, type: "text/plain", "OK")
    case .readiness: readiness(exchange, registry.workers)
    case .health: health(exchange, registry.workers)
    default: preconditionFailure("\(endpoint) is not answered here")
    }
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

  /// The loop is at a limit, of live requests unless said otherwise: 503.
  static func overloaded(
    _ exchange: Exchange, _ message: String = "The router is at its limit of live requests."
  ) {
    respond(
      exchange,
      RouterError(.overloaded, origin: .router, message: message, retryAfterSeconds: 1))
  }

  private static func readiness(_ exchange: Exchange, _ workers: [Worker]) {
    func counts(_ role: Role) -> (healthy: Int, total: Int) {
      let members = workers.filter { $0.role == role }
      return (members.count(where: \.isAvailable), members.count)
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
      respond(exchange, status: 200, type: "text/plain", "All servers healthy")
      return
    }
    respond(
      exchange, status: 503, type: "text/plain",
      "Unhealthy servers: [\(unhealthy.joined(separator: ", "))]")
  }

  private static func respond(
    _ exchange: Exchange, _ error: RouterError, allow: StaticString? = nil
  ) {
    var fields = ByteBuffer(capacity: 128)
    fields.append("content-type: application/json\r\n")
    if let allow { fields.appendField(name: "allow", value: allow) }
    if let seconds = error.retryAfterSeconds {
      fields.appendField(name: "retry-after", value: seconds)
    }
    var body = ByteBuffer(capacity: 256)
    ErrorAnswer.append(error, to: &body)
    exchange.respond(status: error.status, fields: fields, body: body)
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
