import EventLoop
import Simulation
import Testing
import Vocabulary
import Wire

@testable import PDRouter

/// Fields that follow a body, on their way through the router.
@Suite(.overBothProtocols) struct TrailerTests {
  private static let answer =
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-type: application/x\r\n\r\n"
    + "5\r\nhello\r\n0\r\ngrpc-status: 0\r\ncontent-length: 7\r\nx-late: yes\r\n\r\n"

  private func makeWorld() -> RouterWorld {
    let world = RouterWorld()
    world.engines[0].script = { _ in [.send(TrailerTests.answer)] }
    return world
  }

  @Test func `a client of HTTP/1.1 that takes trailers gets those that may be passed on`() {
    let world = makeWorld()
    let client = world.client(.text(get("/passed/on", "te: trailers\r\n")))
    world.world.run(for: .seconds(1))
    let text = String(decoding: client.record.bytes, as: UTF8.self)
    #expect(text.hasSuffix("5\r\nhello\r\n0\r\ngrpc-status: 0\r\nx-late: yes\r\n\r\n"))
    client.hangUp(.close)
    world.world.run(for: .seconds(1))
    world.expectNothingLeft()
  }

  @Test func `a client of HTTP/1.1 that does not say so gets none`() {
    let world = makeWorld()
    let client = world.client(.text(get("/passed/on")))
    world.world.run(for: .seconds(1))
    let text = String(decoding: client.record.bytes, as: UTF8.self)
    #expect(text.hasSuffix("5\r\nhello\r\n0\r\n\r\n"))
  }

  @Test func `a client of HTTP/2 gets them`() {
    let world = makeWorld()
    let client = HTTP2Client(on: world.clientHost.loop, to: world.address)
    let id = client.request("GET", "/passed/on")
    world.world.run(for: .seconds(1))
    #expect(client.answers[id]?.trailers == "grpc-status: 0\r\nx-late: yes\r\n")
    #expect(client.answers[id]?.text == "hello" && client.answers[id]?.isComplete == true)
  }

  @Test func `trailers of a body that is passed on as it comes reach the worker`() {
    let world = RouterWorld()
    let engine = RawEngine(on: world.world.makeHost("raw"))
    for worker in world.registry.workers { world.registry.remove(worker.id) }
    do { try world.registry.add(WorkerURL("http://raw:8000"), role: .both) } catch {
      Issue.record("\(error)")
    }
    let head = "POST /passed/on HTTP/1.1\r\nhost: r\r\ntransfer-encoding: chunked\r\n\r\n"
    let client = world.client(
      .text(head + "3\r\nabc\r\n"), .wait(.milliseconds(50)),
      .text("0\r\nx-sum: 1\r\nhost: evil\r\n\r\n"))
    world.world.run(for: .seconds(1))
    let body = String(decoding: engine.body, as: UTF8.self)
    #expect(
      body
        == (WorldProtocol.isHTTP2
          ? "abcx-sum: 1\r\n" : "3\r\nabc\r\n0\r\nx-sum: 1\r\n\r\n"))
    engine.answer(RouterWorld.ok)
    #expect(world.awaitAnswers(1, client))
    world.expectNothingLeft()
  }
}

/// What gRPC needs of a proxy.
@Suite(.overHTTP2) struct RemoteCallTests {
  private let world: RouterWorld
  private let engine: RawEngine

  init() {
    let world = RouterWorld()
    self.world = world
    engine = RawEngine(on: world.world.makeHost("raw"))
    for worker in world.registry.workers { world.registry.remove(worker.id) }
    do { try world.registry.add(WorkerURL("http://raw:8000"), role: .both) } catch {
      Issue.record("\(error)")
    }
  }

  private static let fields = [
    "content-type: application/grpc", "te: trailers", "grpc-timeout: 9S",
  ]

  @Test func `messages stream both ways at once, and the status follows them`() {
    let client = HTTP2Client(on: world.clientHost.loop, to: world.address)
    let id = client.request(
      "POST", "/pkg.Service/Method", fields: Self.fields, body: [0, 0, 0, 0, 1, 65], ends: false)
    world.world.run(for: .milliseconds(100))
    #expect(engine.head.hasPrefix("POST /pkg.Service/Method HTTP/1.1"))
    #expect(engine.head.contains("te: trailers") && engine.head.contains("grpc-timeout: 9S"))
    #expect(engine.body == [0, 0, 0, 0, 1, 65])
    answer("HTTP/1.1 200 OK\r\ncontent-type: application/grpc\r\n")
    answer("transfer-encoding: chunked\r\n\r\n6\r\nfirst.\r\n")
    world.world.run(for: .milliseconds(100))
    #expect(client.answers[id]?.text == "first." && client.answers[id]?.isComplete == false)
    client.write([0, 0, 0, 0, 1, 66], to: id)
    world.world.run(for: .milliseconds(100))
    #expect(engine.body == [0, 0, 0, 0, 1, 65, 0, 0, 0, 0, 1, 66])
    answer("7\r\nsecond.\r\n")
    client.end(id)
    world.world.run(for: .milliseconds(100))
    answer("0\r\ngrpc-status: 5\r\ngrpc-message: not%20here\r\n\r\n")
    world.world.run(for: .milliseconds(100))
    let answer = client.answers[id]
    #expect(answer?.text == "first.second." && answer?.isComplete == true)
    #expect(answer?.trailers == "grpc-status: 5\r\ngrpc-message: not%20here\r\n")
    #expect(answer?["content-type"] == "application/grpc")
    world.expectNothingLeft()
  }

  @Test func `an answer of trailers alone comes as it is`() {
    let client = HTTP2Client(on: world.clientHost.loop, to: world.address)
    let id = client.request(
      "POST", "/pkg.Service/Method", fields: Self.fields, body: [1], ends: false)
    world.world.run(for: .milliseconds(100))
    answer("HTTP/1.1 200 OK\r\ngrpc-status: 12\r\ncontent-length: 0\r\n\r\n")
    world.world.run(for: .milliseconds(100))
    #expect(client.answers[id]?["grpc-status"] == "12" && client.answers[id]?.isComplete == true)
    client.reset(id)
    world.world.run(for: .milliseconds(100))
    world.expectNothingLeft()
  }

  @Test func `a call that its client gives up is given up alone`() {
    let client = HTTP2Client(on: world.clientHost.loop, to: world.address)
    let ids = (0..<3).map { _ in
      client.request("POST", "/pkg.S/M", fields: Self.fields, body: [1], ends: false)
    }
    world.world.run(for: .milliseconds(100))
    client.reset(ids[1])
    world.world.run(for: .milliseconds(100))
    #expect(world.router.liveRequests == 2 && engine.closedAt != nil)
    client.close()
    world.world.run(for: .milliseconds(100))
    world.expectNothingLeft()
  }

  private func answer(_ text: String) {
    world.world.run(for: .milliseconds(1))
    engine.answer(text)
  }
}
