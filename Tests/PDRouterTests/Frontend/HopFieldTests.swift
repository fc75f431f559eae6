import Simulation
import Testing
import Vocabulary

@testable import PDRouter

/// Fields of one hop: they never pass, in neither direction.
@Suite struct HopFieldTests {
  /// Field lines, and the names of those that pass.
  private static let rows: [(String, [String])] = [
    ("Connection: close\r\nX-A: 1\r\n", ["x-a"]),
    ("Connection: X-A\r\nX-A: 1\r\nX-B: 2\r\n", ["x-b"]),
    ("X-A: 1\r\nConnection: x-a\r\n", []),
    ("CONNECTION:  \t X-a ,  ,x-B\t\r\nx-A: 1\r\nX-b: 2\r\nx-c: 3\r\n", ["x-c"]),
    ("Connection: x-a\r\nConnection: x-b\r\nX-A: 1\r\nX-A: 2\r\nX-B: 3\r\n", []),
    ("Connection: x-a\r\nX-A-Extra: 1\r\nX: 2\r\n", ["x-a-extra", "x"]),
    ("Keep-Alive: timeout=5\r\nKeep-Alive-Extra: 1\r\n", ["keep-alive-extra"]),
    ("Proxy-Connection: keep-alive\r\nProxy-Connection-Extra: 1\r\n", ["proxy-connection-extra"]),
    ("TE: trailers\r\nTE-X: 1\r\n", ["te-x"]),
    ("Trailer: x\r\nTrailers: y\r\n", ["trailers"]),
    ("Upgrade: websocket\r\nUpgrade-Insecure-Requests: 1\r\n", ["upgrade-insecure-requests"]),
    ("Proxy-Authenticate: Basic\r\nProxy-Authorization: b\r\n", []),
    ("Content-Encoding: identity\r\nContent-Type: a/b\r\n", ["content-encoding", "content-type"]),
    ("Set-Cookie: a=1\r\nset-cookie: b=2\r\nSet-Cookie: a=1\r\n", ["set-cookie"]),
  ]

  private func passed(_ lines: [String], _ names: [String]) -> [String] {
    lines.filter { line in names.contains { line.lowercased().hasPrefix("\($0):") } }
  }

  /// All names in the lines of a row.
  private func names(_ fields: String) -> [String] {
    fields.components(by: "\r\n").filter { !$0.isEmpty }.map {
      String($0.prefix { $0 != ":" }.lowercased())
    }
  }

  private func check(_ lines: [String], _ row: (String, [String])) {
    let stay = names(row.0).filter { !row.1.contains($0) && $0 != "connection" }
    #expect(passed(lines, stay) == [], "\(row.0)")
    let sent = row.0.components(by: "\r\n").filter { line in
      row.1.contains { line.lowercased().hasPrefix("\($0):") }
    }
    #expect(passed(lines, row.1) == sent, "\(row.0)")
  }

  @Test(arguments: rows)
  func `of a request only fields for the engine reach it`(row: (String, [String])) throws {
    let world = RouterWorld()
    #expect(world.fetch(post("/v1/completions", "{}", row.0)).map(\.status) == [200])
    check(try #require(world.engines[0].requests.first).head, row)
  }

  @Test(arguments: rows)
  func `of an answer only fields for the client reach it`(row: (String, [String])) throws {
    for path in ["/v1/completions", "/any"] {
      let world = RouterWorld()
      world.engines[0].script = { _ in [.send(RouterWorld.answer("ok", row.0))] }
      let answer = try #require(world.fetch(post(path, "{}")).first)
      #expect(answer.status == 200 && answer.body == "ok")
      check(answer.lines, row)
    }
  }

  @Test func `an answer that doubts its own length is no answer`() {
    for fields in [
      "content-length: 3\r\n", "transfer-encoding: chunked\r\n", "transfer-encoding: gzip\r\n",
    ] {
      let world = RouterWorld()
      world.engines[0].script = { _ in [.send(RouterWorld.answer("ok", fields))] }
      #expect(world.fetch(post("/v1/completions", "{}")).map(\.status) == [502])
    }
  }

  @Test func `what hides behind a request's doubtful end reaches no engine`() {
    let hidden = "GET /hidden HTTP/1.1\r\nhost: r\r\n\r\n"
    let chunked = "transfer-encoding: chunked\r\n\r\n"
    for (rest, status) in [
      ("content-length: 5\r\n\(chunked)0\r\n\r\n", 400),
      ("content-length: 0\r\ncontent-length: 41\r\n\r\n", 400),
      ("transfer-encoding: chunked, x\r\n\r\n0\r\n\r\n", 400),
      ("transfer-encoding: x, chunked\r\n\r\n0\r\n\r\n", 501),
      ("transfer-encoding:\r\n\r\n", 400), ("content-length: +41\r\n\r\n", 400),
      ("content-length : 41\r\n\r\n", 400), ("x: y\r\n content-length: 41\r\n\r\n", 400),
      ("x: y\ncontent-length: 41\r\n\r\n", 400), ("\(chunked)0x0\r\n\r\n", 400),
      ("\(chunked)0\n\n", 400), ("\(chunked)1\r\nxy\r\n0\r\n\r\n", 400),
      ("host: s\r\n\r\n", 400),
    ] {
      let world = RouterWorld()
      let answers = world.fetch("POST /x HTTP/1.1\r\nhost: r\r\n\(rest)\(hidden)")
      #expect(answers.map(\.status) == [status], "\(rest)")
      #expect(world.engines[0].requests.isEmpty, "\(rest)")
      #expect(answers.first?["connection"] == "close")
    }
  }

  @Test func `a length that the Connection field names is written anew`() throws {
    let world = RouterWorld()
    let text = post("/v1/completions", #"{"a":1}"#, "Connection: content-length, host\r\n")
    #expect(world.fetch(text).map(\.status) == [200])
    let request = try #require(world.engines[0].requests.first)
    #expect(request.field("content-length") == "7" && request.body == #"{"a":1}"#)
    #expect(request.field("host") == "w0:8000")
  }
}
