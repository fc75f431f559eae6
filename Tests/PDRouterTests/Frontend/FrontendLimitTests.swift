import Simulation
import Testing
import Vocabulary

@testable import PDRouter

/// What one client may cost: each limit met, and one more.
struct FrontendLimitTests {
  private func statuses(_ client: SimulatedClient) -> [Int] {
    HTTPAnswer.all(in: client.record.bytes).map(\.status)
  }

  private func makeEcho(_ configure: @escaping (inout Limits) -> Void) -> FrontendWorld {
    let front = FrontendWorld(configure: configure)
    front.answers = { front, _ in front.answerOldest() }
    return front
  }

  @Test(arguments: [1, 3])
  func `a connection ends with the last request that it may carry`(limit: Int) {
    let front = makeEcho { $0.requestsPerConnection = limit }
    let client = front.client(.text(String(repeating: get("/a"), count: 5)))
    front.world.run(for: .milliseconds(200))
    let answers = HTTPAnswer.all(in: client.record.bytes)
    #expect(answers.count == limit && answers.allSatisfy { $0.isComplete })
    #expect(
      answers.map { $0["connection"] } == Array(repeating: nil, count: limit - 1) + ["close"])
    front.world.run(for: .seconds(3))
    #expect(front.connectionCount == 0)
    front.finish()
  }

  @Test func `without a limit a connection carries any number`() {
    let front = makeEcho { _ in }
    let client = front.client(.text(String(repeating: get("/a"), count: 1500)))
    front.world.run(for: .seconds(1))
    #expect(statuses(client).count == 1500 && front.connectionCount == 1)
    front.finish()
  }

  @Test func `a head of as many bytes as allowed is taken, and one of a byte more is not`() {
    for (extra, status) in [(0, 200), (1, 431)] {
      let front = makeEcho { $0.headBytes = 1000 }
      let room = 1000 - get("/", "x: \r\n").utf8.count
      let text = get("/", "x: \(String(repeating: "y", count: room + extra))\r\n")
      let client = front.client(.text(text))
      front.world.run(for: .milliseconds(200))
      #expect(statuses(client) == [status] && front.refusals == (status == 200 ? [] : [431]))
      #expect(status == 200 || HTTPAnswer.all(in: client.record.bytes)[0].isErrorObject)
      front.finish()
    }
  }

  @Test func `as many fields as allowed are taken, and one more is not`() {
    for (count, status) in [(4, 200), (5, 431)] {
      let front = makeEcho { $0.headerCount = 5 }
      let client = front.client(
        .text(get("/", (0..<count).map { "x-\($0): y\r\n" }.joined())))
      front.world.run(for: .milliseconds(200))
      #expect(statuses(client) == [status])
      front.finish()
    }
    let front = makeEcho { $0.headerCount = 1 }
    let client = front.client(.text(get("/", "a: b\r\n")))
    front.world.run(for: .milliseconds(200))
    #expect(statuses(client) == [431])
    front.finish()
  }

  @Test func `connections are limited over all ports that share a count, and places come back`() {
    let front = makeEcho { $0.clientConnections = 3 }
    let count = ConnectionCount(limit: 3)
    front.frontend?.sharedCount = count
    // Another loop's front end has one.
    #expect(count.take())
    let clients = (0..<3).map { _ in front.client() }
    front.world.run(for: .milliseconds(50))
    #expect(clients.map { $0.record.endedAt != nil || $0.isClosed } == [false, false, true])
    #expect(front.refusedConnections == [.limit] && count.value == 3)
    clients[0].hangUp(.close)
    front.world.run(for: .milliseconds(50))
    #expect(count.value == 2)
    let next = front.client(.text(get("/next")))
    front.world.run(for: .milliseconds(50))
    #expect(statuses(next) == [200] && count.value == 3)
    for client in [clients[1], next] { client.hangUp(.reset) }
    front.world.run(for: .seconds(3))
    #expect(count.value == 1)
    front.finish()
  }

  @Test func `a body over the limit is refused on every route, passed through or not`() {
    let world = RouterWorld { $0.limits.requestBodyBytes = 10 }
    for path in ["/v1/completions", "/any/thing", "/workers", "/health", "/v1/models"] {
      let answers = world.fetch(post(path, String(repeating: "x", count: 11)))
      #expect(answers.map(\.status) == [413] && answers[0].isErrorObject, "\(path)")
    }
    #expect(world.fetch(post("/any/thing", "0123456789")).map(\.status) == [200])
    #expect(world.engines[0].requests.map(\.body) == ["0123456789"])
  }

  @Test func `connections that were not taken are counted by why`() {
    let world = RouterWorld { $0.limits.clientConnections = 1 }
    let clients = (0..<3).map { _ in world.client() }
    world.world.run(for: .milliseconds(50))
    world.router.didRefuseConnection(.noDescriptor)
    let text = MetricsText(loops: [world.metrics], workers: [], now: .zero).write()
    let name = "vllm_router_refused_connections_total"
    #expect(text.text.contains("\(name){reason=\"limit\"} 2\n"))
    #expect(text.text.contains("\(name){reason=\"no_descriptor\"} 1\n"))
    for client in clients { client.hangUp(.close) }
  }
}
