import EventLoop
import Simulation
import Testing
import Vocabulary
import Wire

@testable import PDRouter

/// Requests whose workers carry many of them on one connection.
@Suite(.overHTTP2) struct HTTP2WorkerRequestTests {
  private let chat = post("/v1/chat/completions", chatBody)

  private func clients(_ count: Int, _ world: RouterWorld) -> [SimulatedClient] {
    (0..<count).map { _ in world.client(.text(chat)) }
  }

  private func statuses(_ clients: [SimulatedClient]) -> [Int] {
    clients.map { HTTPAnswer.all(in: $0.record.bytes).last?.status ?? 0 }
  }

  @Test func `when an engine dies with many requests each is done elsewhere, once`() {
    let world = RouterWorld([.both, .both])
    world.engines[0].script = { _ in [] }
    let all = clients(80, world)
    world.world.run(for: .milliseconds(50))
    #expect(world.engines[0].requests.count == 40)
    world.engineHosts[0].crash()
    #expect(world.world.run(within: .seconds(5)) { statuses(all).allSatisfy { $0 == 200 } })
    #expect(world.engines[1].requests.count == 80)
    #expect(world.records.map(\.attempts).reduce(0, +) == 120)
    for client in all { client.hangUp(.close) }
    world.world.run(for: .seconds(1))
    world.expectNothingLeft()
  }

  @Test func `an engine that leaves under load loses no request`() {
    let world = RouterWorld()
    world.engines[0].script = { _ in [.wait(.milliseconds(7)), .send(RouterWorld.ok)] }
    var all: [SimulatedClient] = []
    for round in 0..<100 {
      all += clients(5, world)
      world.world.run(for: .milliseconds(3))
      if round % 10 == 9, let connection = world.engines[0].http2?.connections.last {
        if round % 20 == 9 { connection.endGracefully() } else { connection.endNow() }
      }
    }
    #expect(world.world.run(within: .seconds(5)) { statuses(all).allSatisfy { $0 == 200 } })
    #expect(world.records.allSatisfy { $0.attempts == 1 })
    #expect((world.engines[0].http2?.connections.count ?? 0) >= 10)
  }

  @Test func `when decode dies with many handles none of them leaks`() {
    let world = makeSplitWorld(prefill: 1, decode: 2)
    let event = "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n"
    world.engines[1].script = { request in
      request.connection % 2 == 0
        ? []
        : [
          .send(
            "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"
              + "transfer-encoding: chunked\r\n\r\n"
              + String(event.utf8.count, radix: 16) + "\r\n" + event + "\r\n")
        ]
    }
    let all = clients(40, world)
    world.world.run(for: .milliseconds(50))
    #expect(world.engines[1].legs.count == 20)
    world.engineHosts[1].crash()
    world.world.run(for: .seconds(5))
    #expect(statuses(all).allSatisfy { $0 == 200 })
    for client in all { client.hangUp(.close) }
    world.expectAllGivenBack(within: .seconds(60))
  }

  @Test func `a client that leaves ends its own stream and no other`() {
    let world = RouterWorld()
    world.engines[0].script = { _ in [.wait(.milliseconds(100)), .send(RouterWorld.ok)] }
    let all = clients(100, world)
    world.world.run(for: .milliseconds(20))
    all[17].hangUp(.close)
    #expect(
      world.world.run(within: .seconds(2)) { statuses(all).count { $0 == 200 } == 99 })
    #expect(world.engines[0].http2?.connections.map(\.resets) == [[.cancel]])
    for client in all { client.hangUp(.close) }
    world.world.run(for: .seconds(1))
    world.expectNothingLeft()
  }

  @Test func `what refuses a request unseen costs nothing, and is passed over`() {
    let world = RouterWorld([.both, .both])
    world.engines[0].http2?.refuses = true
    for _ in 0..<4 {
      #expect(world.fetch(chat).map(\.status) == [200])
    }
    #expect(world.engines[0].requests.isEmpty && world.engines[1].requests.count == 4)
    #expect(world.registry.workers[0].failedRequests > 0)
    world.expectNothingLeft()
  }

  @Test func `a body that was passed on as it came is not sent again in part`() {
    let world = RouterWorld([.both, .both])
    for engine in world.engines { engine.http2?.refuses = true }
    let body = String(repeating: "x", count: 200_000)
    let text = post("/passed/on", body)
    let client = world.client(
      .text(String(text.prefix(100_000))), .wait(.milliseconds(50)),
      .text(String(text.dropFirst(100_000))))
    world.world.run(for: .seconds(5))
    #expect(HTTPAnswer.all(in: client.record.bytes).map(\.status) == [502])
    #expect(world.records.map(\.attempts) == [1])
    world.expectNothingLeft()
  }

  @Test func `a worker in HTTP/1.1 that is to speak HTTP/2 is blamed in words`() {
    let world = RouterWorld()
    world.registry.remove(world.registry.workers[0].id)
    let engine = ScriptedEngine(on: world.world.makeHost("old"), isHTTP2: false) { _ in [] }
    engine.greeting = { _ in
      [.wait(.milliseconds(2)), .send("HTTP/1.1 400 Bad Request\r\n\r\n"), .closeAfterFlush]
    }
    do { try world.registry.add(WorkerURL("h2c://old:8000"), role: .both) } catch {
      Issue.record("\(error)")
    }
    let answers = world.fetch(chat)
    #expect(answers.map(\.status) == [502])
    #expect(answers.first?.body.contains("does not speak HTTP/2") == true)
    #expect(world.registry.workers.last?.failedRequests ?? 0 > 0)
    world.expectNothingLeft()
  }

  @Test func `a worker at h2c is spoken to in HTTP/2 whatever the others are`() {
    let world = RouterWorld { $0.workerProtocol.prefersHTTP2 = false }
    world.registry.remove(world.registry.workers[0].id)
    do { try world.registry.add(WorkerURL("h2c://w0:8000/v"), role: .both) } catch {
      Issue.record("\(error)")
    }
    #expect(world.fetch(chat).map(\.body) == ["ok"])
    #expect(
      world.engines[0].requests.map { $0.head[0] } == ["POST /v/v1/chat/completions HTTP/1.1"])
    #expect(world.engines[0].requests[0].field("host") == "w0:8000")
    let listing = world.fetch(get("/workers"))
    #expect(listing.first?.body.contains("h2c://w0:8000/v") == true)
    #expect(world.fetch(get("/workers/h2c:%2F%2Fw0:8000%2Fv")).map(\.status) == [200])
    #expect(world.fetch(get("/workers/h2c:%2F%2Fw0:8000%2Fv", method: "DELETE"))[0].status < 300)
    #expect(world.registry.workers.allSatisfy { $0.state != .active })
  }
}
