import TestFiles
import Logging
import Simulation
import Testing
import Vocabulary
import Wire

@testable import PDRouter

/// Who is let in with which key.
struct ClientKeyTests {
  private static func bearer(_ key: String) -> String { "Authorization: Bearer \(key)\r\n" }

  private static let prompt = #"{"prompt":"x"}"#

  private func makeWorld(_ configure: (inout ClientSettings) -> Void = { _ in }) -> RouterWorld {
    RouterWorld {
      $0.clients.keys = ["one", "two"]
      configure(&$0.clients)
    }
  }

  @Test(arguments: [
    ("", 401), (bearer("one"), 200), (bearer("two"), 200), (bearer("three"), 401),
    (bearer("on"), 401), (bearer("one "), 200), (bearer("onee"), 401), (bearer("One"), 401),
    ("authorization: bearer one\r\n", 200), ("Authorization: Basic one\r\n", 401),
    ("X-API-Key: one\r\n", 401), (bearer("one") + bearer("one"), 401),
  ])
  func `a request needs one of the keys, and an engine hears of no other`(
    fields: String, status: Int
  ) {
    let world = makeWorld()
    for text in [
      post("/v1/completions", Self.prompt, fields), get("/version", fields),
      get("/any/thing?x=1", fields), post("/finish_session?session_id=a", "", fields),
      get("/workers", fields), get("/pd/handles", fields),
    ] {
      let answers = world.fetch(text)
      #expect(answers.map(\.status) == [status], "\(text.prefix(30))")
      guard status == 401 else { continue }
      #expect(answers[0].isErrorObject && answers[0]["www-authenticate"] == "Bearer")
      #expect(answers[0].body.contains(#""code":"invalid_api_key""#))
      #expect(answers[0]["x-request-id"] != nil)
      #expect(!answers[0].body.contains("one"))
    }
    #expect(world.engines[0].requests.count == (status == 200 ? 3 : 0))
    world.expectNothingLeft()
  }

  @Test func `probes need no key, by the methods of probes`() {
    let world = makeWorld()
    for path in ["/health", "/liveness", "/readiness"] {
      #expect(world.fetch(get(path)).map(\.status) == [200])
      #expect(world.fetch(post(path, "")).map(\.status) == [405])
    }
  }

  @Test func `a refused body has been read, so that the connection goes on`() {
    let world = makeWorld()
    let client = world.client(
      .text(
        post("/v1/completions", Self.prompt)
          + post("/v1/completions", Self.prompt, Self.bearer("two"))))
    world.awaitAnswers(2, client)
    #expect(HTTPAnswer.all(in: client.record.bytes).map(\.status) == [401, 200])
  }

  @Test func `the record names the key, and the next request on the connection its own`() throws {
    let file = TemporaryFile("team-a: secret-a\nteam-b: secret-b\n")
    let world = makeWorld { $0.keysFile = file.path }
    let client = world.client(
      .text(
        ["secret-a", "one", "secret-b"].map {
          post("/v1/completions", Self.prompt, Self.bearer($0))
        }.joined()))
    world.awaitAnswers(3, client)
    #expect(world.records.map(\.client) == ["team-a", "key-1", "team-b"])
  }

  @Test func `a key of ours does not reach a worker`() {
    let world = makeWorld()
    #expect(world.fetch(post("/v1/completions", "{}", Self.bearer("one"))).map(\.status) == [200])
    #expect(world.engines[0].requests.map { $0.field("authorization") } == [nil])
  }

  @Test func `without keys everybody is let in, and workers get what clients send`() {
    let world = RouterWorld()
    let fields = "authorization: Basic xyz\r\n"
    #expect(world.fetch(post("/v1/completions", "{}", fields)).map(\.status) == [200])
    #expect(world.engines[0].requests.map { $0.field("authorization") } == ["Basic xyz"])
    #expect(world.records.map(\.client) == [nil])
  }

  @Test func `a refusal is counted as an error of its route`() {
    let world = makeWorld()
    _ = world.fetch(post("/v1/completions", Self.prompt))
    _ = world.fetch(get("/workers"))
    let text = MetricsText(loops: [world.metrics], workers: [], now: .zero).write()
    for route in ["/v1/completions", "/workers"] {
      let line =
        "vllm_router_request_errors_total{route=\"\(route)\",error_type=\"invalid_api_key\"} 1\n"
      #expect(text.text.contains(line))
    }
  }

  @Test func `a router reads its file again, and keeps its keys when the file is bad`() throws {
    let file = TemporaryFile("a: k1\n")
    var configuration = RouterConfiguration()
    configuration.clients.keysFile = file.path
    let router = try Router(configuration: configuration, logger: .silent)
    func isKnown(_ key: String) -> Bool {
      let keys = router.access.keyring?.current ?? []
      return ClientKeyring.find(.init(of: key), in: keys) != nil
    }
    file.write("a: k2\n")
    #expect(isKnown("k1") && !isKnown("k2"))
    try router.reload(configuration)
    #expect(!isKnown("k1") && isKnown("k2"))
    for bad in ["", "nonsense\n", "a: k3\na: k4\n"] {
      file.write(bad)
      #expect(throws: ConfigurationFaults.self) { try router.reload(configuration) }
      #expect(isKnown("k2") && !isKnown("k3"))
    }
  }

  @Test func `keys can be replaced while requests come`() throws {
    let world = makeWorld()
    let ring = try #require(world.access.keyring)
    ring.replace(with: [try ClientKey(name: "new", key: "three")])
    #expect(world.fetch(get("/x", Self.bearer("one"))).map(\.status) == [401])
    #expect(world.fetch(get("/x", Self.bearer("three"))).map(\.status) == [200])
    #expect(world.records.map(\.client) == ["new"])
  }
}
