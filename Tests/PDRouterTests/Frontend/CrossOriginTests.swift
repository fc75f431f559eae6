import Simulation
import Testing
import Vocabulary

@testable import PDRouter

/// Cross-origin resource sharing, as the baseline answers it.
struct CrossOriginTests {
  private static let listed = ["http://a.example", "https://b.example:8443"]
  private static let vary =
    "vary: origin, access-control-request-method, access-control-request-headers"

  private func makeWorld(_ origins: [String] = []) -> RouterWorld {
    let world = RouterWorld { $0.clients.allowedOrigins = origins }
    world.engines[0].script = { _ in
      [
        .send(
          RouterWorld.answer(
            "ok",
            "Access-Control-Allow-Origin: http://engine\r\nVary: accept\r\n"
              + "access-control-allow-credentials: true\r\nX-Access-Control: kept\r\n"))
      ]
    }
    return world
  }

  /// The lines of an answer that are about sharing, in order.
  private func lines(_ answer: HTTPAnswer?) -> [String] {
    (answer?.lines ?? []).filter {
      $0.lowercased().hasPrefix("access-control-") || $0.lowercased().hasPrefix("vary")
    }
  }

  private func preflight(_ path: String, _ origin: String) -> String {
    get(
      path, "Origin: \(origin)\r\nAccess-Control-Request-Method: POST\r\n", method: "OPTIONS")
  }

  private static let openLines = [
    "access-control-allow-origin: *", "access-control-expose-headers: *", vary,
  ]

  @Test func `without a list every answer may be read by every page, errors too`() {
    let world = makeWorld()
    for (text, status) in [
      (post("/v1/completions", "{}"), 200), (post("/v1/completions", "no json"), 400),
      (get("/health"), 200), (get("/workers"), 200), (get("/generate"), 405),
      (get("/any/thing", "origin: http://z\r\n"), 200), ("BAD\r\n\r\n", 400),
      ("GET / HTTP/1.1\r\nhost: r\r\n bad\r\n\r\n", 400),
    ] {
      let answer = world.fetch(text).first
      #expect(answer?.status == status)
      let ours = lines(answer).filter { !$0.hasPrefix("Vary") }
      #expect(ours == Self.openLines, "\(text.prefix(20))")
    }
  }

  @Test func `an engine's own fields of sharing are replaced, its other fields kept`() {
    let world = makeWorld()
    let answer = world.fetch(post("/v1/completions", "{}")).first
    #expect(lines(answer) == ["Vary: accept"] + Self.openLines)
    #expect(answer?["x-access-control"] == "kept")
  }

  @Test(
    arguments: [
      ("http://a.example", true), ("https://b.example:8443", true), ("http://z.example", false),
      ("https://a.example", false), ("http://a.example.z", false), ("null", false), ("*", false),
      (nil, false),
    ] as [(String?, Bool)])
  func `with a list its origins are told so, and others are not`(origin: String?, isListed: Bool) {
    let world = makeWorld(Self.listed)
    let fields = origin.map { "Origin: \($0)\r\n" } ?? ""
    for text in [get("/health", fields), post("/v1/completions", "{}", fields)] {
      let answer = world.fetch(text).first
      #expect(answer?["access-control-allow-origin"] == (isListed ? origin : nil))
      #expect(answer?["access-control-expose-headers"] == "x-request-id")
      #expect(lines(answer).contains(Self.vary))
      #expect(!lines(answer).contains { $0.contains("engine") || $0.contains("credentials") })
    }
  }

  @Test func `a preflight is answered here, whatever the path and without a key`() {
    let world = RouterWorld { $0.clients.keys = ["k"] }
    for (path, allow) in [
      ("/v1/chat/completions", "POST"), ("/health", "GET, HEAD"), ("/any/thing", nil),
      ("/workers", "GET, HEAD, POST"),
    ] as [(String, String?)] {
      let answer = world.fetch(preflight(path, "http://a")).first
      #expect(answer?.status == 200 && answer?.body == "" && answer?["allow"] == allow)
      #expect(
        lines(answer) == [
          "access-control-allow-origin: *", "access-control-allow-methods: *",
          "access-control-allow-headers: *", "access-control-max-age: 3600", Self.vary,
        ])
    }
    #expect(world.engines[0].requests.isEmpty)
  }

  @Test func `with a list a preflight names what its origins may do`() {
    let world = makeWorld(Self.listed)
    for (origin, isListed) in [("http://a.example", true), ("http://z.example", false)] {
      let answer = world.fetch(preflight("/v1/completions", origin)).first
      #expect(answer?.status == 200)
      let first = isListed ? ["access-control-allow-origin: \(origin)"] : []
      #expect(
        lines(answer) == first + [
          "access-control-allow-methods: GET,POST,OPTIONS",
          "access-control-allow-headers: content-type,authorization",
          "access-control-max-age: 3600", Self.vary,
        ])
    }
  }

  @Test(arguments: ["", "origin: http://a\r\n", "access-control-request-method: POST\r\n"])
  func `any other OPTIONS is passed on`(fields: String) {
    let world = makeWorld()
    #expect(world.fetch(get("/any", fields, method: "OPTIONS")).map(\.body) == ["ok"])
    #expect(world.engines[0].requests.map { $0.head[0] } == ["OPTIONS /any HTTP/1.1"])
  }

  @Test func `a star in the list is any origin`() {
    let answer = makeWorld(["http://a.example", "*"]).fetch(get("/health")).first
    #expect(lines(answer) == Self.openLines)
  }

  @Test func `a body that is too large is refused to its origin`() {
    let world = RouterWorld {
      $0.clients.allowedOrigins = Self.listed
      $0.limits.requestBodyBytes = 3
    }
    for origin in [Self.listed[0], "http://z"] {
      let answer = world.fetch(post("/x", "12345", "origin: \(origin)\r\n")).first
      #expect(answer?.status == 413)
      let allowed = answer?["access-control-allow-origin"]
      #expect(allowed == (origin == Self.listed[0] ? origin : nil))
    }
  }
}
