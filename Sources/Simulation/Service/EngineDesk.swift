internal import PDRouter
internal import Vocabulary
internal import Wire

/// What a simulated engine's HTTP port answers: vLLM's routes, `POST /fault`, and other engines
/// that know no other port (MoRIIO).
final class EngineDesk: ExchangeHandler {
  /// Whose port it is; set once the engine exists.
  weak var engine: SimulatedEngine?

  func handle(_ exchange: Exchange) {
    guard let engine else { return exchange.cut() }
    if let whenVisited = engine.whenVisited { whenVisited(EngineVisit(exchange)) }
    let base = exchange.headBytes.bytes
    let path = String(decoding: exchange.head.path.of(base), as: UTF8.self)
    let connector = engine.configuration.connector
    if let endpoint = EngineEndpoint(path: path), endpoint.isServed(by: connector),
      exchange.head.method == .post
    {
      generate(exchange, endpoint, engine)
      return
    }
    if path == SideChannel.path, exchange.head.method == .post {
      SideChannelEndpoint.answer(exchange, engine)
      return
    }
    var body = ByteBuffer(capacity: 1024)
    let status = write(path, exchange, engine, to: &body)
    let type: StaticString = path == "/metrics" ? "text/plain" : "application/json"
    EngineDesk.respond(exchange, status: status, type: type, body)
  }

  func didRefuse(status: Int) {}

  // MARK: Generating

  private func generate(
    _ exchange: Exchange, _ endpoint: EngineEndpoint, _ engine: SimulatedEngine
  ) {
    let struck = engine.faults.drawRequest()
    if struck.contains(.die(.request)) { return engine.die() }
    if answersByFault(exchange, struck) { return }
    let body = exchange.body.bytes
    let requestID = requestID(of: exchange, engine)
    var rank = engine
    do throws(EngineRefusal) {
      if engine.isDead { throw .engineDead }
      rank = try engine.rank(asked: EngineDesk.askedRank(of: exchange))
      let request = try engine.reader.read(
        body, for: endpoint, requestID: requestID)
      let job = EngineJob(
        exchange: exchange, engine: rank,
        reply: EngineReply(to: request, by: engine.configuration, created: engine.created),
        request: request, faults: struck)
      exchange.observer = job
      if case .died = job.open() { return engine.die() }
      rank.submit(request, for: job)
    } catch {
      rank.refuse(body, at: endpoint, requestID: requestID)
      var answer = ByteBuffer(capacity: 256)
      error.write(to: &answer)
      EngineDesk.respond(exchange, status: error.status, type: "application/json", answer)
    }
  }

  /// Faults that answer, or do not answer, without the scheduler.
  private func answersByFault(_ exchange: Exchange, _ struck: [EngineFault.Kind]) -> Bool {
    for fault in struck {
      switch fault {
      case .hang: return true
      case .malformed:
        exchange.corrupt("HTTQ/9 what?\r\n\r\n")
        return true
      case .status(let status, let text, let retryAfter):
        var body = ByteBuffer(capacity: 256)
        body.append(text)
        EngineDesk.respond(
          exchange, status: status, type: "application/json", retryAfter: retryAfter, body)
        return true
      case .refuse, .stall, .die, .slow, .truncate, .errorEvent, .abort, .lie, .coreDeath: continue
      }
    }
    return false
  }

  private func requestID(of exchange: Exchange, _ engine: SimulatedEngine) -> String {
    let field = exchange.head.fields.first(.xRequestID)
    if let field, !field.value.isEmpty {
      return String(decoding: field.value.of(exchange.headBytes.bytes), as: UTF8.self)
    }
    let digits = String(engine.generator.next(), radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  private static func askedRank(of exchange: Exchange) -> String? {
    exchange.head.fields.first(.xDataParallelRank).map {
      String(decoding: $0.value.of(exchange.headBytes.bytes), as: UTF8.self)
    }
  }

  // MARK: Small answers

  private func write(
    _ path: String, _ exchange: Exchange, _ engine: SimulatedEngine, to body: inout ByteBuffer
  ) -> Int {
    let isPost = exchange.head.method == .post
    let connector = engine.configuration.connector
    var posts = ["/tokenize", "/detokenize", "/fault"]
    posts += EngineEndpoint.allCases.filter { $0.isServed(by: connector) }.map(\.path)
    var gets = ["/health", "/ping", "/version", "/v1/models", "/load", "/metrics"]
    if connector == .sglang {
      posts.append("/abort_request")
      gets += ["/health_generate", "/server_info", "/get_server_info"]
    }
    guard posts.contains(path) || gets.contains(path) else {
      body.append("{\"detail\":\"Not Found\"}")
      return 404
    }
    guard isPost ? posts.contains(path) || path == "/ping" : gets.contains(path) else {
      body.append("{\"detail\":\"Method Not Allowed\"}")
      return 405
    }
    if path.hasPrefix("/health") && engine.isDead { return 503 }
    do throws(EngineRefusal) {
      try writeKnown(path, exchange, engine, to: &body)
      return 200
    } catch {
      body.removeAll()
      error.write(to: &body)
      return error.status
    }
  }

  private func writeKnown(
    _ path: String, _ exchange: Exchange, _ engine: SimulatedEngine, to body: inout ByteBuffer
  ) throws(EngineRefusal) {
    switch path {
    case "/version": EngineAnswers.writeVersion(of: engine.configuration, to: &body)
    case "/v1/models":
      EngineAnswers.writeModels(of: engine.configuration, created: engine.created, to: &body)
    case "/load": EngineAnswers.writeLoad(engine.liveRequests, to: &body)
    case "/metrics": engine.writeMetrics(to: &body)
    case "/tokenize":
      EngineAnswers.writeTokenized(
        try engine.reader.readTokenize(exchange.body.bytes), by: engine.configuration, to: &body)
    case "/detokenize":
      EngineAnswers.writeDetokenized(
        try engine.reader.readDetokenize(exchange.body.bytes), to: &body)
    case "/server_info", "/get_server_info":
      EngineAnswers.writeServerInfo(of: engine.configuration, to: &body)
    case "/abort_request": engine.abort(try engine.reader.readAbort(exchange.body.bytes))
    case "/fault": try engine.faults.set(json: exchange.body.bytes)
    default: break
    }
  }

  private static func respond(
    _ exchange: Exchange, status: Int, type: StaticString, retryAfter: Int? = nil,
    _ body: borrowing ByteBuffer
  ) {
    var fields = ByteBuffer(capacity: 128)
    fields.append("server: uvicorn\r\n")
    if body.count > 0 { fields.appendField(name: "content-type", value: type) }
    if let retryAfter { fields.appendField(name: "retry-after", value: retryAfter) }
    exchange.respond(status: status, fields: fields, body: body)
  }
}
