import EventLoop
import PDRouter
import Vocabulary
import Wire

/// An engine with the routes of the baseline's mock worker, each answer a fixed text.
///
/// Confined to its loop.
final class BaselineEngine: ExchangeHandler, KeptEngine {
  /// How it behaves.
  struct Manner: Sendable {
    /// What `/health` answers.
    var health = 200
    /// What everything else answers; nil for each route's own.
    var status: Int?
  }

  /// Where it listens.
  private(set) var address = HostAndPort(host: "127.0.0.1", port: 0)
  private let manner: Manner
  private let name: String
  private var frontend: Frontend?
  private var stored: Set<String> = []

  /// An engine that listens on a free port.
  ///
  /// - Throws: `StreamError` when there is none.
  init(_ name: String, _ manner: Manner, on loop: any Loop) throws(StreamError) {
    self.name = name
    self.manner = manner
    let frontend = Frontend(loop: loop, handler: self, limits: Limits(), timeouts: Timeouts())
    address = try frontend.listen(on: address, sharesPort: false)
    self.frontend = frontend
  }

  /// Closes everything.
  func stop() {
    frontend?.abort()
    frontend = nil
  }

  func didRefuse(status: Int) {}

  func handle(_ exchange: Exchange) {
    let base = exchange.headBytes.bytes
    let method = String(decoding: exchange.head.methodName.of(base), as: UTF8.self)
    let path = String(decoding: exchange.head.path.of(base), as: UTF8.self)
    let body = String(decoding: exchange.body.bytes, as: UTF8.self)
    let status = path == "/health" ? manner.health : manner.status
    guard let status, status != 200 else { return answer(exchange, method, path, body) }
    respond(exchange, #"{"error":"as told"}"#, status: status)
  }

  private func answer(_ exchange: Exchange, _ method: String, _ path: String, _ body: String) {
    let streams = body.contains(#""stream":true"#)
    switch "\(method) \(path)" {
    case "GET /health": respond(exchange, #"{"status":"healthy"}"#)
    case "GET /health_generate": respond(exchange, #"{"status":"ok","queue_length":0}"#)
    case "GET /get_server_info": respond(exchange, #"{"model_path":"mock-model-path"}"#)
    case "GET /get_model_info":
      respond(exchange, #"{"model_path":"mock-model-path","is_generation":true}"#)
    case "GET /v1/models":
      respond(
        exchange,
        #"{"object":"list","data":[{"id":"mock-model","owned_by":"organization-owner"}]}"#)
    case "POST /flush_cache": respond(exchange, #"{"message":"flushed"}"#)
    case "POST /generate" where streams:
      respond(exchange, "data: {\"text\":\"a\"}\n\ndata: [DONE]\n\n", type: "text/event-stream")
    case "POST /generate":
      respond(exchange, #"{"text":"x","meta_info":{"finish_reason":{"type":"stop"}}}"#)
    case "POST /v1/chat/completions" where !body.contains(#""messages""#):
      respond(exchange, #"{"error":{"message":"messages are missing"}}"#, status: 400)
    case "POST /v1/chat/completions":
      let message = #"{"index":0,"message":{"role":"assistant","content":"x"}}"#
      respond(exchange, #"{"id":"1","choices":[\#(message)]}"#)
    case "POST /v1/responses" where streams:
      respond(
        exchange, "data: {\"type\":\"response.created\"}\n\ndata: [DONE]\n\n",
        type: "text/event-stream")
    case "POST /v1/responses":
      stored.insert("r1")
      respond(exchange, #"{"id":"r1","object":"response","status":"completed"}"#)
    case "POST /v1/rerank", "POST /rerank":
      respond(exchange, #"{"id":"rr","model":"named","results":[{"index":1,"relevance_score":1}]}"#)
    default: answerStored(exchange, method, path)
    }
  }

  private func answerStored(_ exchange: Exchange, _ method: String, _ path: String) {
    let parts = path.split(separator: "/").map(String.init)
    guard parts.count >= 3, parts[1] == "responses", stored.contains(parts[2]) else {
      return respond(exchange, #"{"detail":"Not Found"}"#, status: 404)
    }
    if method == "DELETE" { stored.remove(parts[2]) }
    let status = parts.last == "cancel" ? "cancelled" : "completed"
    respond(exchange, #"{"id":"\#(parts[2])","status":"\#(status)","worker":"\#(name)"}"#)
  }

  private func respond(
    _ exchange: Exchange, _ text: String, status: Int = 200,
    type: StaticString = "application/json"
  ) {
    var fields = ByteBuffer()
    fields.appendField(name: "content-type", value: type)
    var body = ByteBuffer()
    body.append(text)
    exchange.respond(status: status, fields: fields, body: body)
  }
}
