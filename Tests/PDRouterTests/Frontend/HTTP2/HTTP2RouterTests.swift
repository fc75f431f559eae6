import EventLoop
import Simulation
import Testing
import Vocabulary
import Wire

@testable import PDRouter

/// The whole router before clients of HTTP/2: the same answers as over HTTP/1.1.
struct HTTP2RouterTests {
  private func client(_ world: RouterWorld) -> HTTP2Client {
    HTTP2Client(on: world.clientHost.loop, to: world.address)
  }

  private static let chat = "{\"model\":\"m\",\"messages\":[],\"stream\":true}"
  private static let stream =
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: keep-alive, x-hop\r\n"
    + "x-hop: 1\r\nkeep-alive: timeout=5\r\ntransfer-encoding: chunked\r\n\r\n"

  private func chunk(_ text: String) -> String {
    String(text.utf8.count, radix: 16) + "\r\n" + text + "\r\n"
  }

  private func event(_ word: String) -> String {
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\(word)\"}}]}\n\n"
  }

  static let routes: [(method: String, path: String, body: String)] = [
    ("GET", "/health", ""), ("GET", "/liveness", ""), ("GET", "/readiness", ""),
    ("GET", "/nowhere", ""), ("DELETE", "/v1/completions", ""),
    ("POST", "/v1/completions", "{\"model\":\"m\",\"prompt\":\"hi\"}"),
    ("POST", "/v1/completions", "not json"), ("POST", "/any/thing", "raw"),
    ("GET", "/workers", ""), ("HEAD", "/health", ""), ("OPTIONS", "/v1/models", ""),
  ]

  @Test(arguments: routes)
  func `every route answers as over HTTP/1.1`(_ row: (method: String, path: String, body: String)) {
    let world = RouterWorld()
    let fields = row.body.isEmpty ? "" : "content-length: \(row.body.utf8.count)\r\n"
    let plain = world.fetch(
      "\(row.method) \(row.path) HTTP/1.1\r\nhost: router\r\nx-request-id: one\r\n\(fields)\r\n"
        + row.body)
    let client = client(world)
    let id = client.request(
      row.method, row.path, fields: ["x-request-id: one"],
      body: row.body.isEmpty ? nil : Array(row.body.utf8))
    world.world.run(for: .seconds(1))
    let answer = client.answers[id]
    #expect(answer?.status == plain.first?.status && answer?.isComplete == true)
    if row.method != "HEAD" { #expect(answer?.text == plain.first?.body) }
    let names = (plain.first?.lines ?? []).compactMap { $0.split(separator: ":").first }
      .map { $0.lowercased() }.filter { $0 != "transfer-encoding" && $0 != "connection" }
    #expect(answer?.fields.map(\.name).sorted() == names.sorted())
    if row.path == "/any/thing" {
      let heads = world.engines[0].requests.map(\.head)
      #expect(heads.count == 2 && heads[0].sorted() == heads[1].sorted())
    }
    client.close()
  }

  @Test func `a stream is relayed event by event, without the fields of the engine's hop`() {
    let world = RouterWorld()
    world.engines[0].script = { _ in
      [
        .send(Self.stream + chunk(event("a"))), .wait(.seconds(1)),
        .send(chunk(event("b"))), .wait(.seconds(1)),
        .send(chunk("data: [DONE]\n\n") + "0\r\n\r\n"),
      ]
    }
    let client = client(world)
    let id = client.request("POST", "/v1/chat/completions", body: Array(Self.chat.utf8))
    world.world.run(for: .milliseconds(500))
    #expect(client.answers[id]?.text == event("a") && client.answers[id]?.isComplete == false)
    world.world.run(for: .seconds(3))
    let answer = client.answers[id]
    #expect(answer?.text == event("a") + event("b") + "data: [DONE]\n\n")
    #expect(answer?.isComplete == true && answer?["content-type"] == "text/event-stream")
    for name in ["connection", "x-hop", "keep-alive", "transfer-encoding"] {
      #expect(answer?[name] == nil)
    }
    #expect(world.records.map(\.outcome) == [.completed])
    client.close()
  }

  @Test func `a client that gives one stream up cancels its leg, and no other`() {
    let world = RouterWorld()
    world.engines[0].script = { _ in
      [
        .send(Self.stream + chunk(event("a"))), .wait(.seconds(2)),
        .send(chunk(event("b")) + chunk("data: [DONE]\n\n") + "0\r\n\r\n"),
      ]
    }
    let client = client(world)
    let ids = (0..<20).map { _ in
      client.request("POST", "/v1/chat/completions", body: Array(Self.chat.utf8))
    }
    world.world.run(for: .milliseconds(500))
    #expect(world.engines[0].openCount == 20)
    client.reset(ids[7])
    world.world.run(for: .milliseconds(100))
    #expect(world.engines[0].openCount == 19 && world.router.liveRequests == 19)
    world.world.run(for: .seconds(3))
    for (place, id) in ids.enumerated() where place != 7 {
      #expect(client.answers[id]?.isComplete == true)
    }
    #expect(world.records.count(where: { $0.outcome == .completed }) == 19)
    #expect(world.records.count(where: { $0.leftIn != nil }) == 1)
    client.close()
  }

  @Test func `a connection that goes cancels every leg of it`() {
    let world = RouterWorld()
    world.engines[0].script = { _ in [.send(Self.stream + chunk(event("a"))), .wait(.seconds(99))] }
    let client = client(world)
    for _ in 0..<20 { client.request("POST", "/v1/chat/completions", body: Array(Self.chat.utf8)) }
    world.world.run(for: .milliseconds(500))
    client.close()
    world.world.run(for: .milliseconds(100))
    #expect(world.engines[0].openCount == 0 && world.router.liveRequests == 0)
    #expect(world.records.count == 20)
  }

  @Test func `an engine is not read while its stream's client takes nothing`() {
    let world = RouterWorld()
    let piece = String(repeating: "x", count: 16_000)
    world.engines[0].script = { request in
      guard request.body.contains("large") else { return [.send(RouterWorld.ok)] }
      return [.send(Self.stream + chunk(event("a")))]
        + (0..<500).flatMap { _ in
          [.send(chunk("data: \(piece)\n\n")), .wait(.milliseconds(1))]
        } + [.send(chunk("data: [DONE]\n\n") + "0\r\n\r\n")]
    }
    let client = client(world)
    let slow = client.request(
      "POST", "/v1/chat/completions",
      body: Array("{\"model\":\"m\",\"messages\":[],\"stream\":true,\"x\":\"large\"}".utf8))
    client.heldStreams.insert(slow)
    world.world.run(for: .seconds(5))
    #expect(client.answers[slow]?.body.count == 65_536)
    let other = client.request(
      "POST", "/v1/completions", body: Array("{\"model\":\"m\",\"prompt\":\"hi\"}".utf8))
    world.world.run(for: .seconds(1))
    #expect(client.answers[other]?.text == "ok")
    client.release(slow)
    world.world.run(for: .seconds(10))
    #expect(client.answers[slow]?.isComplete == true)
    #expect(client.answers[slow]?.body.count ?? 0 > 8_000_000)
    client.close()
  }

  @Test func `a large body is passed on as it comes, with its length or in chunks`() throws {
    for length in [nil, 500_000] as [Int?] {
      let world = RouterWorld()
      let engine = RawEngine(on: world.world.makeHost("raw"))
      for worker in world.registry.workers { world.registry.remove(worker.id) }
      try world.registry.add(WorkerURL("http://raw:8000"), role: .both)
      let client = client(world)
      let fields = length.map { ["content-length: \($0)"] } ?? []
      let body = [UInt8](repeating: UInt8(ascii: "*"), count: 500_000)
      let id = client.request("POST", "/any/thing", fields: fields, body: body)
      world.world.run(for: .seconds(2))
      #expect(engine.bytes.count(where: { $0 == UInt8(ascii: "*") }) >= 500_000)
      let head = String(decoding: engine.bytes.prefix(1000), as: UTF8.self)
      #expect(head.contains("transfer-encoding: chunked") == (length == nil))
      #expect(head.contains("content-length: 500000") == (length != nil))
      engine.answer(RouterWorld.ok)
      world.world.run(for: .seconds(1))
      #expect(client.answers[id]?.text == "ok")
      client.close()
    }
  }

  @Test func `cookies come as one field, and trailers' wish stays here`() {
    let world = RouterWorld()
    let client = client(world)
    client.request("GET", "/any/thing", fields: ["cookie: a=1", "cookie: b=2", "te: trailers"])
    world.world.run(for: .seconds(1))
    let request = world.engines[0].requests.first
    #expect(request?.field("cookie") == "a=1; b=2" && request?.field("te") == nil)
    client.close()
  }

  @Test func `what is seen of HTTP/2 is in the metrics`() {
    let world = RouterWorld()
    let client = client(world)
    for _ in 0..<3 { client.request("GET", "/health") }
    world.engines[0].script = { _ in [.wait(.seconds(99))] }
    let id = client.request(
      "POST", "/v1/completions", body: Array("{\"model\":\"m\",\"prompt\":\"hi\"}".utf8))
    let raw = world.client(.send(Frame.beginning + Frame(kind: 0, payload: [1]).bytes))
    world.world.run(for: .seconds(8))
    func text() -> String {
      MetricsText(loops: [world.metrics], workers: [], now: .zero).write().text
    }
    let name = "vllm_router_http2_"
    #expect(text().contains("\(name)client_connections 1\n"))
    #expect(text().contains("\(name)live_streams 1\n"))
    #expect(text().contains("\(name)streams_total 4\n"))
    #expect(text().contains("\(name)connections_ended_total{reason=\"protocol_error\"} 1\n"))
    client.reset(id)
    world.world.run(for: .seconds(2))
    #expect(text().contains("\(name)streams_reset_total{by=\"client\"} 1\n"))
    #expect(text().contains("\(name)live_streams 0\n"))
    client.close()
    world.world.run(for: .seconds(2))
    #expect(text().contains("\(name)client_connections 0\n"))
    _ = raw
  }

  @Test func `readiness says no while clients of HTTP/2 are told to leave`() {
    let world = RouterWorld()
    let client = client(world)
    let ready = client.request("GET", "/readiness")
    world.world.run(for: .milliseconds(100))
    world.router.beginLeaving()
    let leaving = client.request("GET", "/readiness")
    world.world.run(for: .seconds(1))
    #expect(client.answers[ready]?.status == 200 && client.answers[leaving]?.status == 503)
    #expect(client.goAways.isEmpty == false && client.isClosed)
  }
}
