import EventLoop
import PDRouter
import Policies
import Simulation
import Testing
import Vocabulary

/// What the baseline's own tests of its routes expect, over real sockets.
///
/// Where they expect one of its faults, the row says what is right instead.
@Suite struct ApiEndpointTests {
  /// A router before engines of these manners, of which it is told of two at most.
  private func withRouter(
    _ manners: [BaselineEngine.Manner] = [.init()], isDisaggregated: Bool = false, loops: Int = 1,
    _ body: (_ ask: (FleetRequest) throws -> ReceivedAnswer, _ engines: [HostAndPort]) throws ->
      Void
  ) throws {
    let engines = try #require(
      EngineThread { loop in
        try manners.enumerated().map { try BaselineEngine("e\($0)", $1, on: loop) }
      })
    defer { engines.stop() }
    var configuration = RouterConfiguration.onLoopback(
      before: Array(engines.addresses.prefix(2)), isDisaggregated: isDisaggregated)
    configuration.metrics = nil
    configuration.policy = .random
    configuration.loops = loops
    configuration.startup.timeout = .seconds(2)
    let router = try RouterThread(configuration)
    defer { router.stop() }
    try body(
      { try #require(ClientThread.ask([$0], at: router.address, named: false).first?.first) },
      engines.addresses)
  }

  private static func get(_ target: String, _ method: String = "GET") -> FleetRequest {
    FleetRequest(method, target)
  }

  private static func post(_ target: String, _ body: String = "") -> FleetRequest {
    FleetRequest("POST", target, body: body)
  }

  /// One row: what is asked, and what is answered.
  struct Row: Sendable, CustomTestStringConvertible {
    let request: FleetRequest
    let statuses: [Int]
    let text: String
    var testDescription: String { "\(request.method) \(request.target)" }

    init(_ request: FleetRequest, _ statuses: Int..., text: String = "") {
      self.request = request
      self.statuses = statuses
      self.text = text
    }
  }

  private static let chat =
    #"{"model":"mock-model","messages":[{"role":"user","content":"Hello"}],"stream":false}"#

  private static let rows: [Row] = [
    Row(get("/liveness"), 200, text: "OK"),
    Row(get("/health"), 200, text: "All servers healthy"),
    Row(get("/health_generate"), 200, text: #""queue_length":0"#),
    Row(post("/generate", #"{"text":"Hello, world!","stream":false}"#), 200, text: #""stop""#),
    Row(post("/generate", #"{"text":"Hello, world!","stream":true}"#), 200, text: "[DONE]"),
    Row(post("/v1/chat/completions", chat), 200, text: #""choices""#),
    Row(get("/get_server_info"), 200, text: #"{"model_path":"mock-model-path"}"#),
    Row(get("/get_model_info"), 200, text: #""is_generation":true"#),
    Row(
      get("/v1/models"), 200,
      text: #"{"object":"list","data":[{"id":"mock-model","owned_by":"organization-owner"}]}"#),
    Row(post("/v1/responses", #"{"input":"x"}"#), 200, text: #""status":"completed""#),
    Row(post("/v1/responses", #"{"input":"x","stream":true}"#), 200, text: "[DONE]"),
    Row(get("/unknown_endpoint"), 404, text: "Not Found"),
    Row(post("/api/v2/generate", "{}"), 404, text: "Not Found"),
    Row(get("/generate"), 405, text: "error"), Row(post("/health", "{}"), 405, text: "error"),
    Row(post("/generate", "{invalid json}"), 400, text: "error"),
    Row(post("/generate", ""), 400, text: "error"),
    // The baseline answers 422 itself; here the engine says what it lacks.
    Row(post("/v1/chat/completions", #"{"model":"mock-model"}"#), 400, text: "missing"),
    // Unknown models go anywhere in the baseline.
    Row(post("/v1/chat/completions", #"{"model":"no","messages":[]}"#), 404, text: "`no`"),
    Row(post("/flush_cache"), 200, text: "Cache flushed on all servers"),
    Row(get("/get_loads"), 200, text: #""load":0"#),
    Row(get("/scheduling/diagnostics"), 404, text: "Program scheduling"),
    // The baseline asks a worker for its metrics.
    Row(get("/metrics"), 404, text: "metrics"),
    // The baseline's reranking needs another engine's answer and drops the model.
    Row(
      post("/rerank", #"{"model":"mock-model","query":"q","documents":["a"]}"#), 200,
      text: "named"),
    Row(post("/v1/rerank", #"{"query":"q","documents":["a","b"]}"#), 200, text: "named"),
    Row(post("/add_worker?url=not-a-valid-url"), 400, text: "error"),
    Row(post("/add_worker?url="), 400, text: "error"), Row(post("/add_worker"), 400, text: "error"),
    Row(post("/remove_worker?url=http://127.0.0.1:1"), 404, text: "WORKER_NOT_FOUND"),
  ]

  @Test func `each route answers as the baseline's tests expect, or as is right`() throws {
    try withRouter { ask, _ in
      for row in Self.rows {
        let answer = try ask(row.request)
        #expect(row.statuses.contains(answer.status), "\(row.testDescription): \(answer.text)")
        #expect(answer.text.contains(row.text), "\(row.testDescription): \(answer.text)")
        if row.text == "[DONE]" { #expect(answer.isEventStream) }
      }
      let ready = try ask(Self.get("/readiness"))
      #expect(ready.text == #"{"status":"ready","healthy_workers":1,"total_workers":1}"#)
    }
  }

  @Test(arguments: [1, 4])
  func `ten requests over two workers are all answered`(loops: Int) throws {
    try withRouter([.init(), .init()], loops: loops) { ask, _ in
      for _ in 0..<10 {
        let answer = try ask(Self.post("/v1/chat/completions", Self.chat))
        #expect(answer.status == 200)
      }
      for _ in 0..<5 {
        #expect(
          try ask(Self.get("/get_model_info")).text
            == #"{"model_path":"mock-model-path","is_generation":true}"#)
      }
      #expect(try ask(Self.get("/health")).text == "All servers healthy")
    }
  }

  @Test func `without workers nobody is ready, and routes that need one say so`() throws {
    try withRouter([]) { ask, _ in
      let live = try ask(Self.get("/liveness"))
      #expect(live.status == 200)
      #expect(try ask(Self.get("/readiness")).status == 503)
      for path in ["/get_model_info", "/get_server_info", "/v1/models", "/health_generate"] {
        #expect(try ask(Self.get(path)).status == 503, "\(path)")
      }
      #expect(try ask(Self.post("/flush_cache")).status == 503)
      #expect(try ask(Self.get("/get_loads")).text == #"{"workers":[]}"#)
    }
  }

  @Test func `a worker that fails is no answer`() throws {
    try withRouter([.init(status: 500)]) { ask, _ in
      #expect(try ask(Self.post("/generate", #"{"text":"x"}"#)).status == 500)
      for path in ["/get_model_info", "/v1/models"] {
        let status = try ask(Self.get(path)).status
        #expect([500, 503].contains(status), "\(path)")
      }
    }
  }

  @Test func `workers are added and removed over any loop`() throws {
    try withRouter([.init(), .init(), .init(health: 503)], loops: 4) { ask, engines in
      let third = "http://\(engines[2])"
      for engine in engines.prefix(2) {
        #expect(try ask(Self.post("/add_worker?url=http://\(engine)")).status == 400)
        #expect(try ask(Self.post("/remove_worker?url=http://\(engine)")).status == 200)
      }
      #expect(try ask(Self.get("/list_workers")).text == #"{"urls":[]}"#)
      for engine in engines.prefix(2) {
        let added = try ask(Self.post("/add_worker?url=http%3A%2F%2F\(engine)"))
        #expect(added.status == 200 && added.text == "Successfully added worker: http://\(engine)")
      }
      let urls = engines.prefix(2).map { "\"http://\($0)\"" }.joined(separator: ",")
      #expect(try ask(Self.get("/list_workers")).text == #"{"urls":[\#(urls)]}"#)
      // Ill all the time that is allowed.
      #expect(try ask(Self.post("/add_worker?url=\(third)")).status == 400)
      let left = try ask(Self.get("/list_workers")).text
      #expect(!left.contains(third))
    }
  }

  @Test func `stored responses are found, cancelled and deleted where they are`() throws {
    try withRouter([.init(), .init()]) { ask, _ in
      let made = try ask(Self.post("/v1/responses", #"{"input":"x","background":true}"#))
      #expect(made.status == 200)
      let keeper = try ask(Self.get("/v1/responses/r1"))
      #expect(keeper.status == 200)
      for _ in 0..<4 { #expect(try ask(Self.get("/v1/responses/r1")).text == keeper.text) }
      let cancelled = try ask(Self.post("/v1/responses/r1/cancel"))
      #expect(cancelled.status == 200 && cancelled.text.contains("cancelled"))
      // The baseline has 501 for these.
      #expect(try ask(Self.get("/v1/responses/r1/input")).status == 200)
      #expect(try ask(Self.get("/v1/responses/r1/input_items")).status == 200)
      #expect(try ask(Self.get("/v1/responses/r1", "DELETE")).status == 200)
      #expect(try ask(Self.get("/v1/responses/r1")).status == 404)
    }
  }

  @Test(arguments: [
    ("/generate", "", "gnt-"), ("/v1/chat/completions", "", "chatcmpl-"),
    ("/generate", "x-request-id", "my-id"), ("/generate", "x-correlation-id", "my-id"),
  ])
  func `an answer carries the client's id or one of its own kind`(
    path: String, field: String, prefix: String
  ) throws {
    try withRouter { ask, _ in
      var request = Self.post(path, path == "/generate" ? #"{"text":"x"}"# : Self.chat)
      if !field.isEmpty { request = request.with(field, "my-id") }
      let id = try ask(request).field("x-request-id")
      #expect(field.isEmpty ? id?.hasPrefix(prefix) == true : id == prefix)
    }
  }

  @Test func `split pools answer the same routes`() throws {
    try withRouter([.init(), .init()], isDisaggregated: true) { ask, engines in
      let health = try ask(Self.get("/health_generate"))
      #expect(health.text.contains("prefill=http://\(engines[0]), decode=http://\(engines[1])"))
      #expect(try ask(Self.get("/v1/models")).status == 200)
      #expect(try ask(Self.get("/get_server_info")).status == 200)
      #expect(try ask(Self.post("/flush_cache")).status == 200)
      let loads = try ask(Self.get("/get_loads")).text
      #expect(loads.contains("\"prefill_http://\(engines[0])\":0"))
      // The baseline has 501 for these, or sends them through both engines.
      #expect(try ask(Self.post("/rerank", #"{"query":"q","documents":["a"]}"#)).status == 200)
      #expect(try ask(Self.get("/unknown_endpoint")).status == 404)
      let vague = try ask(Self.post("/add_worker?url=http://127.0.0.1:1"))
      #expect(vague.status == 400 && vague.text.contains("worker_type"))
    }
  }
}
