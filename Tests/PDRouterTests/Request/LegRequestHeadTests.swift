import Simulation
import Testing
import Vocabulary

@testable import PDRouter

/// What engines get to see of a request's head and body.
struct LegRequestHeadTests {
  private let prompt = #"{"prompt":"x"}"#

  /// The request as the only engine saw it.
  private func sent(_ text: String) throws -> ScriptedEngine.Request {
    let world = RouterWorld()
    let answers = world.fetch(text)
    #expect(answers.map(\.status) == [200])
    return try #require(world.engines[0].requests.first)
  }

  private func names(_ request: ScriptedEngine.Request) -> [String] {
    request.head.dropFirst().map { $0.prefix { $0 != ":" }.lowercased() }
  }

  @Test func `fields of the client's own hop are dropped, the others kept in order and spelling`()
    throws
  {
    let request = try sent(
      post(
        "/v1/completions", prompt,
        "Keep-Alive: 5\r\nX-First: 1\r\nProxy-Connection: x\r\nTE: trailers\r\nUpgrade: h2c\r\n"
          + "Connection: X-Secret, keep-alive\r\nx-secret: s\r\nProxy-Authorization: b\r\n"
          + "Trailer: x\r\nAuthorization: Bearer t\r\nx-first: 2\r\nAccept-Encoding: gzip\r\n"))
    let kept = request.head.filter {
      let line = $0.lowercased()
      return line.hasPrefix("x-first") || line.hasPrefix("auth") || line.hasPrefix("accept")
    }
    #expect(
      kept == ["X-First: 1", "Authorization: Bearer t", "x-first: 2", "Accept-Encoding: gzip"])
    for name in [
      "keep-alive", "proxy-connection", "te", "upgrade", "connection", "x-secret",
      "proxy-authorization", "trailer",
    ] { #expect(!names(request).contains(name), "\(name)") }
  }

  @Test func `a client's own fields named like the router's hints are dropped`() throws {
    let request = try sent(
      post(
        "/v1/completions", prompt, "x-pd-prefill-queue-tokens: 0\r\nX-PD-Prefix: kept\r\n"))
    #expect(request.field("x-pd-prefill-queue-tokens") == nil)
    #expect(request.field("x-pd-prefix") == "kept")
  }

  @Test func `a worker without a rank gets the client's own rank with a whole request`() throws {
    let request = try sent(post("/v1/completions", prompt, "X-Data-Parallel-Rank: 3\r\n"))
    #expect(request.head.contains("X-Data-Parallel-Rank: 3"))
    #expect(names(request).filter { $0 == "x-data-parallel-rank" }.count == 1)
    #expect(request.field("x-data-parallel-ranks") == nil)
  }

  @Test func `a rank gets its own number once, whatever the client says`() throws {
    let world = RouterWorld([])
    world.registry.add(try WorkerURL("http://e:8000/x@2"), role: .both)
    let engine = ScriptedEngine(on: world.world.makeHost("e")) { _ in [.send(RouterWorld.ok)] }
    let fields =
      "x-data-parallel-rank: 3\r\nX-DATA-PARALLEL-RANK: 0\r\nx-data-parallel-ranks: 9\r\n"
    #expect(world.fetch(post("/v1/completions", prompt, fields)).map(\.status) == [200])
    let request = try #require(engine.requests.first)
    #expect(request.head[0] == "POST /x/v1/completions HTTP/1.1")
    #expect(request.field("host") == "e:8000")
    #expect(names(request).filter { $0 == "x-data-parallel-rank" }.count == 1)
    #expect(request.field("x-data-parallel-rank") == "2")
    #expect(request.field("x-data-parallel-ranks") == "9")
  }

  @Test func `a client's rank reaches neither engine of a split request`() {
    let world = makeSplitWorld(prefill: 1, decode: 1)
    let answers = world.fetch(
      post("/v1/chat/completions", chatBody, "X-data-parallel-rank: 1\r\n"))
    #expect(answers.map(\.status) == [200])
    for engine in world.engines {
      #expect(engine.legs.count == 1 && engine.legs[0].field("x-data-parallel-rank") == nil)
    }
  }

  @Test func `Host names the worker, the length counts the body, and Expect is gone`() throws {
    let request = try sent(
      "POST /v1/completions?a=b&c HTTP/1.1\r\nHost: public.example\r\nExpect: 100-continue\r\n"
        + "Transfer-Encoding: chunked\r\n\r\n7\r\n{\"promp\r\n7\r\nt\":\"x\"}\r\n0\r\nx: y\r\n\r\n")
    #expect(request.head[0] == "POST /v1/completions?a=b&c HTTP/1.1")
    #expect(names(request).filter { $0 == "host" }.count == 1)
    #expect(request.field("host") == "w0:8000")
    #expect(request.field("content-length") == "14" && request.body == prompt)
    #expect(request.field("expect") == nil && request.field("transfer-encoding") == nil)
  }

  @Test(arguments: [
    (get("/other"), "GET /other HTTP/1.1", nil),
    (get("/other", method: "DELETE"), "DELETE /other HTTP/1.1", nil),
    (post("/other", ""), "POST /other HTTP/1.1", "0"),
    (post("/other?q", "any thing"), "POST /other?q HTTP/1.1", "9"),
    ("GET http://public.example HTTP/1.1\r\nhost: r\r\n\r\n", "GET / HTTP/1.1", nil),
    ("GET http://public.example?q=1 HTTP/1.1\r\nhost: r\r\n\r\n", "GET /?q=1 HTTP/1.1", nil),
    ("GET http://public.example/a HTTP/1.1\r\nhost: r\r\n\r\n", "GET /a HTTP/1.1", nil),
    (get("*", method: "OPTIONS"), "OPTIONS * HTTP/1.1", nil),
    ("GET /old HTTP/1.0\r\n\r\n", "GET /old HTTP/1.1", nil),
    (get("/v1/model"), "GET /v1/model HTTP/1.1", nil),
  ])
  func `a request that is passed through keeps its method, target and body`(
    text: String, line: String, length: String?
  ) throws {
    let request = try sent(text)
    #expect(request.head[0] == line)
    #expect(request.field("content-length") == length)
    #expect(request.field("host") == "w0:8000")
  }

  @Test func `a worker's path comes before the request's own, but not before an asterisk`() throws {
    let registry = WorkerRegistry()
    let worker = try #require(registry.add(WorkerURL("http://h:1/base/"), role: .both))
    for (target, line) in [
      ("/a?b", "GET /base/a?b HTTP/1.1"), ("http://x", "GET /base/ HTTP/1.1"),
    ] {
      #expect(try head(target, "GET", worker) == line)
    }
    #expect(try head("*", "OPTIONS", worker) == "OPTIONS * HTTP/1.1")
  }

  /// The request line for a target.
  private func head(_ target: String, _ method: String, _ worker: Worker) throws -> String {
    let front = FrontendWorld()
    defer { front.finish() }
    _ = front.client(.text("\(method) \(target) HTTP/1.1\r\nhost: r\r\n\r\n"))
    front.world.run(for: .milliseconds(50))
    let exchange = try #require(front.waiting.first)
    var buffer = ByteBuffer()
    withBytes(of: "id") { id in
      LegRequestHead.append(
        to: &buffer, exchange: exchange, worker: worker, requestID: id, body: nil,
        hints: nil, isPrefill: false, isSplit: false, passesAuthorization: true)
    }
    #expect(buffer.text.hasSuffix("\r\n\r\n"))
    return buffer.text.components(by: "\r\n")[0]
  }

  @Test func `hints and an uncompressed answer are asked of prefill only`() throws {
    let world = RouterWorld([.prefill, .decode])
    let answers = world.fetch(
      post("/v1/chat/completions", chatBody, "accept-encoding: gzip\r\n"))
    #expect(answers.map(\.status) == [200])
    let prefill = try #require(world.engines[0].requests.first)
    let decode = try #require(world.engines[1].requests.first)
    #expect(prefill.field("accept-encoding") == nil && decode.field("accept-encoding") == "gzip")
    let hints = ["prompt", "cached", "queue", "chunk"].map { "x-pd-prefill-\($0)-tokens" }
    for name in hints {
      #expect(prefill.field(name).flatMap { Int($0) } != nil && decode.field(name) == nil)
    }
    #expect(prefill.field("x-request-id") == decode.field("x-request-id"))
    #expect(prefill.body.contains(#""max_tokens":1"#) && prefill.body.contains("do_remote_decode"))
    #expect(decode.body == chatBody)
    for request in [prefill, decode] {
      #expect(request.field("content-length") == "\(request.body.utf8.count)")
    }
  }

  @Test(arguments: [
    ("X-Request-Id: a\r\nX-Correlation-Id: b\r\n", "a"),
    ("X-Correlation-Id: b\r\nx-request-id: a\r\n", "a"),
    ("X-Trace-Id: c\r\nX-Correlation-Id: b\r\n", "b"),
    ("Request-Id: d\r\nx-trace-ID: c\r\n", "c"),
    ("REQUEST-ID: d\r\nx-request-idx: z\r\n", "d"),
  ])
  func `the client's own request id is used, the first by rank`(fields: String, id: String) throws {
    let world = RouterWorld()
    let answers = world.fetch(post("/v1/completions", prompt, fields))
    #expect(world.engines[0].requests[0].field("x-request-id") == id)
    #expect(answers[0]["x-request-id"] == id && world.requestIDs == [id])
    let count = names(world.engines[0].requests[0]).filter { $0 == "x-request-id" }.count
    #expect(count == 1)
  }

  @Test(arguments: ["", "x-request-id:\r\n", "x-other: 1\r\n"])
  func `without a request id each request gets one of its own`(fields: String) {
    let world = RouterWorld()
    for _ in 0..<3 { _ = world.fetch(post("/v1/completions", prompt, fields)) }
    #expect(Set(world.requestIDs).count == 3 && world.requestIDs.allSatisfy { !$0.isEmpty })
    let seen = world.engines[0].requests.compactMap { $0.field("x-request-id") }
    #expect(seen == world.requestIDs)
  }
}
