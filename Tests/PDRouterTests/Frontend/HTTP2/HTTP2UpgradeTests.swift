import Simulation
import Testing
import Vocabulary
import Wire

@testable import PDRouter

/// How connections come to speak HTTP/2: by their first bytes, or by asking.
struct HTTP2UpgradeTests {
  private static let preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

  private func makeEcho(http2: ClientHTTP2Settings = ClientHTTP2Settings()) -> FrontendWorld {
    let front = FrontendWorld(http2: http2)
    front.answers = { front, _ in front.answerOldest() }
    return front
  }

  /// What a client sends first, with one request.
  private func firstBytes() -> [UInt8] {
    let session = HTTP2Session(side: .client)
    var output = ByteBuffer()
    withBytes(of: "GET /a HTTP/1.1\r\nhost: r\r\n\r\n") {
      _ = session.submitRequest(head: $0, scheme: "http", endsStream: true)
    }
    session.produce(into: &output, upTo: .max)
    return Array(output.bytes)
  }

  @Test func `the preface is known wherever it is cut`() {
    let bytes = firstBytes()
    for cut in 1..<bytes.count {
      let front = makeEcho()
      let client = front.client(
        .send(Array(bytes[..<cut])), .wait(.milliseconds(20)), .send(Array(bytes[cut...])))
      front.world.run(for: .milliseconds(100))
      #expect(front.paths == ["/a"], "cut at \(cut)")
      #expect(client.record.bytes.count > 9 && !client.isClosed)
      front.finish()
    }
  }

  static let notPrefaces: [(text: String, status: Int)] = [
    ("PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n", 505),
    ("PRI * HTTP/2.0\r\nhost: r\r\n\r\n", 505),
    ("PRI * HTTP/2.1\r\n\r\nSM\r\n\r\n", 505),
    ("PRI * HTTP/1.1\r\n\r\nSM\r\n\r\n", 400),
    ("pri * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    ("\r\nPRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    ("GET / HTTP/2.0\r\n\r\n", 505),
  ]

  @Test(arguments: notPrefaces)
  func `what is only like the preface is refused as ever`(_ row: (text: String, status: Int)) {
    for size in [1, 7, 1000] {
      let front = makeEcho()
      let client = front.client(
        .sendInPieces(Array(row.text.utf8), size: size, pause: .milliseconds(1)))
      front.world.run(for: .milliseconds(200))
      #expect(HTTPAnswer.all(in: client.record.bytes).map(\.status) == [row.status])
      front.finish()
    }
  }

  @Test func `the preface after a request of HTTP/1.1 is no preface`() {
    let front = makeEcho()
    let client = front.client(.text(get("/a") + Self.preface))
    front.world.run(for: .milliseconds(100))
    #expect(HTTPAnswer.all(in: client.record.bytes).map(\.status) == [200, 505])
    front.finish()
  }

  @Test func `where it is off, the preface is refused and an upgrade ignored`() {
    var settings = ClientHTTP2Settings()
    settings.isOff = true
    let front = makeEcho(http2: settings)
    let client = front.client(.text(Self.preface))
    let asking = front.client(.text(upgrading()))
    front.world.run(for: .milliseconds(100))
    #expect(HTTPAnswer.all(in: client.record.bytes).map(\.status) == [505])
    #expect(HTTPAnswer.all(in: asking.record.bytes).map(\.status) == [200])
    front.finish()
  }

  // MARK: Upgrade

  private static let usualSettings = "AAMAAABkAAQCAAAAAAIAAAAA"

  private func upgrading(
    _ path: String = "/up", method: String = "GET", settings: String = usualSettings,
    more: String = ""
  ) -> String {
    "\(method) \(path) HTTP/1.1\r\nhost: r\r\nconnection: Upgrade, HTTP2-Settings\r\n"
      + "upgrade: h2c\r\nhttp2-settings: \(settings)\r\n\(more)\r\n"
  }

  private func afterSwitch(_ client: SimulatedClient) -> ArraySlice<UInt8>? {
    let head = "HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: h2c\r\n\r\n"
    guard client.record.bytes.starts(with: head.utf8) else { return nil }
    return client.record.bytes[head.utf8.count...]
  }

  @Test(arguments: ["GET", "HEAD", "DELETE"])
  func `a request that asks for h2c is answered on stream 1`(method: String) throws {
    let front = makeEcho()
    let client = front.client(
      .text(upgrading(method: method)), .awaitBytes(Array("\r\n\r\n".utf8)),
      .send(firstBytesOfUpgraded()))
    front.world.run(for: .milliseconds(200))
    let frames = Frame.all(try #require(afterSwitch(client)))
    #expect(frames.first?.kind == 4)
    let answer = frames.filter { $0.stream == 1 }
    #expect(answer.first?.kind == 1)
    let body = answer.filter { $0.kind == 0 }.flatMap(\.payload)
    #expect(String(decoding: body, as: UTF8.self) == (method == "HEAD" ? "" : "/up"))
    // The request on stream 3 is served too.
    #expect(front.paths == ["/up", "/a"] && frames.contains { $0.stream == 3 })
    #expect(front.connectionCount == 1 && front.faults.isEmpty)
    #expect(front.frontend?.http2Figures.streamsOpened == 2)
    front.finish()
  }

  /// The preface and a request on stream 3, as a client sends them that was upgraded.
  private func firstBytesOfUpgraded() -> [UInt8] {
    // :method GET, :scheme http, :path /a, :authority r, without a table.
    let block: [UInt8] = [0x82, 0x86, 0x04, 0x02, 0x2F, 0x61, 0x01, 0x01, 0x72]
    return Array(Self.preface.utf8) + [0, 0, 0, 4, 0, 0, 0, 0, 0]
      + [0, 0, UInt8(block.count), 1, 5, 0, 0, 0, 3] + block
  }

  @Test func `an answer that takes its time is stream 1's all the same`() throws {
    let front = FrontendWorld()
    let client = front.client(.text(upgrading()))
    front.world.run(for: .milliseconds(100))
    #expect(front.waiting.count == 1)
    #expect(try #require(afterSwitch(client)).count > 0)
    front.later { front.answerOldest("late") }
    front.world.run(for: .milliseconds(100))
    let body = Frame.all(try #require(afterSwitch(client))).filter {
      $0.stream == 1 && $0.kind == 0
    }
    #expect(body.flatMap(\.payload) == Array("late".utf8))
    client.hangUp(.close)
    front.world.run(for: .seconds(1))
    #expect(front.connectionCount == 0 && front.losses.isEmpty)
    front.finish()
  }

  @Test func `an upgraded client that leaves is noticed`() {
    let front = FrontendWorld()
    let client = front.client(.text(upgrading()))
    front.world.run(for: .milliseconds(100))
    client.hangUp(.close)
    front.world.run(for: .milliseconds(100))
    #expect(front.losses.count == 1 && front.connectionCount == 0)
    front.finish()
  }

  static let ignored: [(name: String, text: String)] = [
    ("no settings", "connection: upgrade, http2-settings\r\nupgrade: h2c\r\n"),
    (
      "two settings",
      "connection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: \r\n"
        + "http2-settings: \r\n"
    ),
    ("settings not named", "connection: upgrade\r\nupgrade: h2c\r\nhttp2-settings: \r\n"),
    ("upgrade not named", "connection: http2-settings\r\nupgrade: h2c\r\nhttp2-settings: \r\n"),
    ("no connection", "upgrade: h2c\r\nhttp2-settings: \r\n"),
    (
      "another protocol",
      "connection: upgrade, http2-settings\r\nupgrade: websocket\r\nhttp2-settings: \r\n"
    ),
    (
      "h2, which is for TLS",
      "connection: upgrade, http2-settings\r\nupgrade: h2\r\nhttp2-settings: \r\n"
    ),
    (
      "not base64url",
      "connection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAM+AABk\r\n"
    ),
    (
      "half a digit",
      "connection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABkA\r\n"
    ),
    (
      "half a setting",
      "connection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAAA\r\n"
    ),
    (
      "an impossible window",
      "connection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAT_____\r\n"
    ),
    (
      "an impossible frame size",
      "connection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAUAAAAB\r\n"
    ),
    (
      "an impossible push",
      "connection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAIAAAAC\r\n"
    ),
    (
      "very many settings",
      "connection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: "
        + String(repeating: "AAMAAABk", count: 200) + "\r\n"
    ),
    (
      "the connection is to end",
      "connection: upgrade, http2-settings, close\r\nupgrade: h2c\r\nhttp2-settings: \r\n"
    ),
  ]

  @Test(arguments: ignored)
  func `a wish with anything wrong about it is answered in HTTP/1.1`(
    _ row: (name: String, text: String)
  ) {
    let front = makeEcho()
    let client = front.client(.text(get("/a", row.text)))
    front.world.run(for: .milliseconds(100))
    let answers = HTTPAnswer.all(in: client.record.bytes)
    #expect(answers.map(\.status) == [200] && answers.map(\.body) == ["/a"], "\(row.name)")
    front.finish()
  }

  @Test func `a request with a body, or of HTTP/1.0, is not upgraded`() {
    let front = makeEcho()
    let fields = "connection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: \r\n"
    let body = front.client(
      .text("POST /b HTTP/1.1\r\nhost: r\r\n\(fields)content-length: 2\r\n\r\nhi"))
    let old = front.client(.text("GET /o HTTP/1.0\r\n\(fields)\r\n"))
    front.world.run(for: .milliseconds(100))
    #expect(HTTPAnswer.all(in: body.record.bytes).map(\.body) == ["/b"])
    #expect(HTTPAnswer.all(in: old.record.bytes).map(\.body) == ["/o"])
    front.finish()
  }

  @Test func `no settings at all are settings, with padding or without`() {
    for settings in ["", "AAMAAABk", "AAQAAP__", "AAMAAABkAAQCAAAAAAIAAAAA"] {
      let front = makeEcho()
      let client = front.client(.text(upgrading(settings: settings)))
      front.world.run(for: .milliseconds(100))
      #expect(afterSwitch(client) != nil, "\(settings)")
      front.finish()
    }
  }

  @Test func `a later request of a connection may ask for it too`() throws {
    let front = makeEcho()
    let client = front.client(.text(get("/first") + upgrading("/second")))
    front.world.run(for: .milliseconds(100))
    #expect(front.paths == ["/first", "/second"])
    let text = String(decoding: client.record.bytes, as: UTF8.self)
    #expect(text.contains("/firstHTTP/1.1 101 "))
    front.finish()
  }

  @Test func `while the front end leaves nobody is upgraded`() {
    let front = makeEcho()
    front.frontend?.beginLeaving()
    let client = front.client(.text(upgrading()))
    front.world.run(for: .milliseconds(100))
    let answers = HTTPAnswer.all(in: client.record.bytes)
    #expect(answers.map(\.status) == [200] && answers.first?["connection"] == "close")
    front.finish()
  }
}
