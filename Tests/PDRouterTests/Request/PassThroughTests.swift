import Simulation
import Testing
import Vocabulary

@testable import PDRouter

/// What the router does not know it passes on as it is, to a pool or to decode.
@Suite(.overBothProtocols) struct PassThroughTests {
  /// One request that an engine must get as the client sent it.
  struct Row: Sendable, CustomTestStringConvertible {
    let method: String
    let target: String
    var body: String?
    var fields = ""
    var testDescription: String { "\(method) \(target)" }

    var text: String {
      guard let body else { return get(target, fields, method: method) }
      return "\(method) \(target) HTTP/1.1\r\nhost: r\r\ncontent-length: \(body.utf8.count)\r\n"
        + "\(fields)\r\n\(body)"
    }
  }

  private static let form =
    "--X\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n\r\n"
    + "RIFF\u{0}\u{1}\u{7F}\r\n--X--\r\n"

  private static let rows: [Row] = [
    Row(method: "POST", target: "/tokenize?x=1&y=%20", body: #"{"prompt":"a"}"#),
    Row(method: "POST", target: "/v1/embeddings", body: #"{"input":"a","extra":[1.50]}"#),
    Row(method: "POST", target: "/rerank", body: #"{"query":"q","documents":[]}"#),
    Row(method: "POST", target: "/v1/rerank", body: #"{"query":"q","top_n":1}"#),
    Row(method: "POST", target: "/v1/score", body: #"{"text_1":"q"}"#),
    Row(method: "POST", target: "/v1/messages", body: #"{"max_tokens":5}"#),
    Row(
      method: "POST", target: "/v1/audio/transcriptions", body: form,
      fields: "content-type: multipart/form-data; boundary=X\r\n"),
    Row(method: "POST", target: "/x", body: "not json {"),
    Row(method: "POST", target: "/x", body: ""),
    Row(method: "PUT", target: "/x", body: "a"), Row(method: "PATCH", target: "/x", body: "a"),
    Row(method: "DELETE", target: "/x/1"), Row(method: "OPTIONS", target: "/x"),
    Row(method: "GET", target: "/version"), Row(method: "GET", target: "/load"),
    Row(method: "GET", target: "/x?a=b", fields: "authorization: Bearer k\r\nx-own: 1\r\n"),
    Row(method: "PURGE", target: "/x"), Row(method: "POST", target: "/pooling", body: "{}"),
  ]

  @Test(arguments: rows, [[Role.both], [.prefill, .decode]])
  func `a request reaches one engine as it came, and its answer comes back`(
    row: Row, roles: [Role]
  ) throws {
    let world = RouterWorld(roles)
    let answer = RouterWorld.answer("an answer", status: 207, "x-engine: 1\r\n")
    for engine in world.engines { engine.script = { _ in [.send(answer)] } }
    let got = world.fetch(row.text)[0]
    #expect(got.status == 207 && got.body == "an answer" && got["x-engine"] == "1")
    let request = try #require(world.engines.last?.requests.first)
    #expect(request.head[0] == "\(row.method) \(row.target) HTTP/1.1")
    #expect(request.body == row.body ?? "")
    for line in row.fields.components(by: "\r\n") where !line.isEmpty {
      #expect(request.head.contains(line))
    }
    #expect(world.engines.reduce(0) { $0 + $1.requests.count } == 1)
    world.expectNothingLeft()
  }

  @Test(arguments: [[Role.both], [.prefill, .decode]])
  func `HEAD gets the head of an engine's answer`(roles: [Role]) {
    let world = RouterWorld(roles)
    for engine in world.engines {
      engine.script = { _ in [.send("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n")] }
    }
    let client = world.client(.text(get("/x", method: "HEAD")))
    world.world.run(for: .milliseconds(50))
    let answers = HTTPAnswer.all(in: client.record.bytes) { _ in false }
    #expect(answers.map(\.status) == [200] && answers[0]["content-length"] == "5")
    #expect(world.engines.last?.requests.first?.head[0] == "HEAD /x HTTP/1.1")
    client.hangUp(.close)
  }

  @Test func `a body of any bytes is not touched`() {
    let world = RouterWorld([.both])
    let bytes = (0..<4096).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    var seen: [UInt8] = []
    world.engines[0].script = { request in
      seen = Array(request.body.utf8)
      return [.send(RouterWorld.ok)]
    }
    let text = String(decoding: bytes.map { $0 & 0x7F }, as: UTF8.self)
    #expect(world.fetch(post("/bytes", text)).map(\.status) == [200])
    #expect(seen == Array(text.utf8))
  }
}
