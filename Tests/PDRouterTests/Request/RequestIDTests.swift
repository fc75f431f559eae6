import Simulation
import Testing
import Vocabulary

@testable import PDRouter

/// Where a request's id comes from, and that it is told back.
struct RequestIDTests {
  private func id(
    _ text: String, headers: [String] = RequestIDFields.usual
  ) -> (told: String?, sent: String?) {
    let world = RouterWorld { $0.clients.requestIDHeaders = headers }
    let told = world.fetch(text).first?["x-request-id"]
    return (told, world.engines[0].requests.first?.field("x-request-id"))
  }

  @Test(arguments: [
    ("/v1/chat/completions", "chatcmpl-"), ("/v1/completions", "cmpl-"), ("/generate", "gnt-"),
    ("/inference/v1/generate", "gnt-"), ("/v1/embeddings", "req-"), ("/any/thing", "req-"),
    ("/x/chat/completions/y", "chatcmpl-"),
  ])
  func `a request without an id gets one that tells its kind`(path: String, prefix: String) {
    let (told, sent) = id(post(path, "{}"))
    #expect(told?.hasPrefix(prefix) == true && told?.utf8.count == prefix.utf8.count + 24)
    #expect(sent == told)
  }

  @Test(arguments: [
    ("x-request-id: a\r\n", "a"), ("X-Correlation-ID: b\r\n", "b"), ("X-Trace-Id: c\r\n", "c"),
    ("Request-Id: d\r\n", "d"),
    ("request-id: d\r\nx-trace-id: c\r\nx-correlation-id: b\r\nx-request-id: a\r\n", "a"),
    ("request-id: d\r\nx-trace-id: c\r\nx-correlation-id: b\r\n", "b"),
    ("request-id: d\r\nx-trace-id: c\r\n", "c"),
    ("x-request-id: \r\nrequest-id: d\r\n", "d"), ("x-request-id: with space\r\n", "with space"),
    ("x-request-id: \u{E4}\r\nx-trace-id: c\r\n", "c"),
  ])
  func `the first readable id of a client's counts`(fields: String, expected: String) {
    let (told, sent) = id(post("/v1/completions", "{}", fields))
    #expect(told == expected && sent == expected)
  }

  @Test func `other names can be looked for, in any case and in their order`() {
    let names = ["custom-id", "Trace-ID", "x-correlation-id"]
    for (fields, expected) in [
      ("Custom-Id: a\r\ntrace-id: b\r\n", "a"), ("TRACE-ID: b\r\nx-request-id: z\r\n", "b"),
      ("x-correlation-id: c\r\n", "c"),
    ] {
      #expect(id(post("/v1/completions", "{}", fields), headers: names).told == expected)
    }
    let other = id(post("/v1/completions", "{}", "x-request-id: z\r\n"), headers: names)
    #expect(other.told?.hasPrefix("cmpl-") == true && other.sent == other.told)
  }

  @Test func `with no names at all every id is the router's`() {
    let (told, sent) = id(post("/generate", "{}", "x-request-id: z\r\n"), headers: [])
    #expect(told?.hasPrefix("gnt-") == true && sent == told)
  }

  @Test func `what the router answers itself carries an id too`() {
    let world = RouterWorld()
    for (text, prefix) in [
      (get("/health"), "req-"), (get("/workers"), "req-"), (get("/generate"), "gnt-"),
      (post("/v1/completions", "no json"), "cmpl-"), (post("/health", ""), "req-"),
    ] {
      #expect(world.fetch(text).first?["x-request-id"]?.hasPrefix(prefix) == true)
    }
    let named = get("/health", "X-Trace-Id: mine\r\n")
    #expect(world.fetch(named).first?["x-request-id"] == "mine")
    // The next request on a connection has its own.
    let client = world.client(.text(named + get("/health") + post("/v1/completions", "{}")))
    world.awaitAnswers(3, client)
    let ids = HTTPAnswer.all(in: client.record.bytes).map {
      $0.lines.filter { $0.hasPrefix("x-request-id") }
    }
    #expect(ids.allSatisfy { $0.count == 1 } && Set(ids).count == 3)
  }

  /// All fields of that name in the only answer to `text`.
  private func told(_ text: String, by world: RouterWorld) -> [String] {
    world.fetch(text).first?.lines.filter { $0.lowercased().hasPrefix("x-request-id") } ?? []
  }

  @Test(arguments: ["/v1/completions", "/v1/models/m", "/get_server_info", "/get_model_info"])
  func `an answer tells one id, the client's, whatever the engine says`(path: String) {
    for engineField in ["", "X-Request-Id: the-engine's\r\n"] {
      let world = RouterWorld()
      world.engines[0].script = { _ in [.send(RouterWorld.answer("{}", engineField))] }
      let fields = "x-request-id: mine\r\n"
      let text = path.hasPrefix("/get") ? get(path, fields) : post(path, "{}", fields)
      #expect(told(text, by: world) == ["x-request-id: mine"])
    }
  }

  @Test func `a body that is too large is refused with its request's id`() {
    let world = RouterWorld { $0.limits.requestBodyBytes = 10 }
    let text = post("/v1/completions", "01234567890", "request-id: mine\r\n")
    #expect(world.fetch(text).map(\.status) == [413])
    #expect(told(text, by: world) == ["x-request-id: mine"])
  }
}
