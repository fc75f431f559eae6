import Simulation
import Testing
import Vocabulary

@testable import PDRouter

/// How much is let in, through a whole router in virtual time.
struct AdmissionTests {
  /// A world whose engines answer each request after `delay`.
  private func makeWorld(
    _ limit: Int, queue: Int = 100, timeout: Duration = .seconds(60), roles: [Role] = [.both],
    answeringAfter delay: Duration = .seconds(1),
    configure: (inout RouterConfiguration) -> Void = { _ in }
  ) -> RouterWorld {
    let world = RouterWorld(roles) {
      $0.admission.maxConcurrentRequests = limit
      $0.admission.queueSize = queue
      $0.admission.queueTimeout = timeout
      configure(&$0)
    }
    for engine in world.engines {
      engine.script = { _ in [.wait(delay), .send(RouterWorld.ok)] }
    }
    return world
  }

  /// Clients that ask for `/0`, `/1`, … one after the other, a few milliseconds apart.
  private func inTurn(_ count: Int, _ world: RouterWorld) -> [SimulatedClient] {
    (0..<count).map { number in
      defer { world.world.run(for: .milliseconds(5)) }
      return world.client(.text(get("/\(number)")))
    }
  }

  private func answers(_ client: SimulatedClient) -> [HTTPAnswer] {
    HTTPAnswer.all(in: client.record.bytes)
  }

  private func statuses(_ clients: [SimulatedClient]) -> [[Int]] {
    clients.map { answers($0).map(\.status) }
  }

  /// The paths that an engine was asked for, in order.
  private func paths(_ engine: ScriptedEngine) -> [String] {
    engine.requests.map { $0.head[0].components(by: " ")[1] }
  }

  private func refusals(_ world: RouterWorld, _ refusal: AdmissionRefusal) -> Int {
    world.metrics.admissionRefusals.value(at: refusal.place)
  }

  @Test func `no more are at workers than may be, and the others follow as slots come free`() {
    let world = makeWorld(2)
    let clients = inTurn(5, world)
    world.world.run(for: .milliseconds(500))
    #expect(world.engines[0].requests.count == 2 && world.router.admitted == (2, 3))
    world.world.run(for: .milliseconds(1000))
    #expect(world.engines[0].requests.count == 4 && world.router.admitted == (2, 1))
    world.world.run(for: .seconds(2))
    #expect(statuses(clients) == Array(repeating: [200], count: 5))
    #expect(paths(world.engines[0]) == (0..<5).map { "/\($0)" })
    let waits = world.records.map { $0.lineTime?.inSeconds.rounded() }
    #expect(waits == [nil, nil, 1, 1, 2])
    #expect(world.metrics.queueWaits.sum.rounded() == 4)
    world.expectNothingLeft()
  }

  @Test func `without a queue the next is refused at once, and told when to come again`() {
    let world = makeWorld(1, queue: 0)
    let first = world.client(.text(get("/slow")))
    world.world.run(for: .milliseconds(100))
    let refused = world.fetch(get("/other", "X-Request-Id: me\r\n"))[0]
    #expect(refused.status == 429 && refused["retry-after"] == "1" && refused.isErrorObject)
    #expect(refused["x-request-id"] == "me" && refused.body.contains("queue_full"))
    #expect(world.fetch(get("/liveness"))[0].status == 200)
    world.awaitAnswers(1, first)
    #expect(statuses([first]) == [[200]])
    #expect(world.engines[0].requests.count == 1 && refusals(world, .full) == 1)
    #expect(world.records.map(\.outcome) == [.failed, .completed])
    #expect(world.records[0].queueTime == nil && world.requestIDs[0] == "me")
    world.expectNothingLeft()
  }

  @Test func `a full queue refuses, and its refusals give seconds from the pace of late`() {
    let world = makeWorld(1, queue: 30, answeringAfter: .milliseconds(500))
    // Two slots a second come free; thirty wait.
    var clients = inTurn(31, world)
    world.world.run(for: .milliseconds(5100))
    for number in 0..<10 { clients.append(world.client(.text(get("/more\(number)")))) }
    world.world.run(for: .milliseconds(50))
    #expect(world.router.admitted.waiting == 30)
    let refused = world.fetch(get("/late"))[0]
    // Ten came free in five seconds, and it would be the thirty-first.
    #expect(refused.status == 429)
    #expect(refused["retry-after"].flatMap { Int($0) }.map { (15...17).contains($0) } == true)
    world.world.run(for: .seconds(30))
    #expect(statuses(clients) == Array(repeating: [200], count: 41))
    world.expectNothingLeft()
  }

  @Test func `who has waited for the time-out gets 408, then and not before`() throws {
    let world = makeWorld(1, timeout: .seconds(3), answeringAfter: .seconds(10))
    let first = world.client(.text(get("/slow")))
    world.world.run(for: .milliseconds(100))
    let second = world.client(.text(get("/patient") + get("/pipelined")))
    world.world.run(for: .milliseconds(2990))
    #expect(second.record.bytes.isEmpty)
    world.world.run(for: .milliseconds(20))
    let answer = try #require(answers(second).first)
    #expect(answer.status == 408 && answer.isErrorObject && answer.isComplete)
    #expect(Int(answer["retry-after"] ?? "").map { (1...60).contains($0) } == true)
    #expect(answer.body.contains("queue_timeout") && refusals(world, .timeout) == 1)
    let record = world.records[0]
    #expect(record.queueTime.map { $0 >= .seconds(3) && $0 < .milliseconds(3006) } == true)
    // The connection goes on: what was sent ahead waits in its turn.
    world.world.run(for: .seconds(3))
    #expect(statuses([second]) == [[408, 408]])
    world.world.run(for: .seconds(8))
    #expect(statuses([first]) == [[200]] && paths(world.engines[0]) == ["/slow"])
    world.expectNothingLeft()
  }

  @Test func `the request's own time runs while it waits`() {
    let world = makeWorld(1, timeout: .seconds(10), answeringAfter: .seconds(3)) {
      $0.timeouts.request = .seconds(4)
    }
    var clients = inTurn(2, world)
    world.world.run(for: .seconds(1))
    clients.append(world.client(.text(get("/urgent", "X-Vllm-Priority: -5\r\n"))))
    world.world.run(for: .seconds(8))
    // The urgent one is let in after two seconds and has two left; the other never is.
    #expect(statuses(clients) == [[200], [504], [504]])
    #expect(paths(world.engines[0]) == ["/0", "/urgent"] && refusals(world, .timeout) == 1)
    let times = world.records.map { ($0.endedAt - $0.receivedAt).inSeconds }
    #expect(times.allSatisfy { $0 < 4.01 })
    world.expectNothingLeft()
  }

  @Test func `a slot is held to the end of a stream, not to its head`() {
    let world = makeWorld(1, queue: 0)
    world.engines[0].script = { _ in
      [
        .send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\none\r\n"),
        .wait(.seconds(5)), .send("3\r\ntwo\r\n0\r\n\r\n"),
      ]
    }
    let stream = world.client(.text(get("/stream")))
    world.world.run(for: .seconds(4))
    #expect(answers(stream).map(\.status) == [200] && world.router.admitted.inFlight == 1)
    #expect(world.fetch(get("/x")).map(\.status) == [429])
    world.world.run(for: .seconds(2))
    #expect(answers(stream).map(\.body) == ["onetwo"] && world.router.admitted.inFlight == 0)
    let next = world.client(.text(get("/x")))
    world.awaitAnswers(1, next)
    #expect(statuses([next]) == [[200]])
    world.expectNothingLeft()
  }

  @Test func `a client that hangs up gives its slot to the next within the same moment`() {
    let world = makeWorld(1, answeringAfter: .seconds(5))
    let first = world.client(.text(get("/first")))
    world.world.run(for: .milliseconds(100))
    let second = world.client(.text(get("/second")))
    world.world.run(for: .milliseconds(100))
    first.hangUp(.close)
    world.world.run(for: .milliseconds(50))
    #expect(paths(world.engines[0]) == ["/first", "/second"])
    world.world.run(for: .seconds(6))
    #expect(statuses([second]) == [[200]])
    world.expectNothingLeft()
  }

  @Test func `a client that hangs up while it waits leaves its place at once`() {
    let world = makeWorld(1, queue: 1, answeringAfter: .seconds(2))
    let first = world.client(.text(get("/first")))
    world.world.run(for: .milliseconds(100))
    let second = world.client(.text(get("/second", "X-Request-Id: gone\r\n")))
    world.world.run(for: .milliseconds(100))
    second.hangUp(.reset)
    world.world.run(for: .milliseconds(50))
    #expect(world.router.admitted == (1, 0) && refusals(world, .clientGone) == 1)
    #expect(world.records.map(\.outcome) == [.clientGone] && world.requestIDs == ["gone"])
    let third = world.client(.text(get("/third")))
    world.world.run(for: .seconds(5))
    #expect(statuses([first, third]) == [[200], [200]])
    #expect(paths(world.engines[0]) == ["/first", "/third"])
    world.expectNothingLeft()
  }

  @Test func `urgent requests go first, and waiting makes up for urgency`() {
    let world = makeWorld(1, answeringAfter: .seconds(2))
    var clients = [world.client(.text(get("/first")))]
    world.world.run(for: .milliseconds(100))
    let body = #"{"prompt":"p","priority":-2}"#
    for text in [get("/patient", "X-Vllm-Priority: 1\r\n"), get("/ordinary"), get("/other")] {
      clients.append(world.client(.text(text)))
      world.world.run(for: .milliseconds(20))
    }
    clients.append(world.client(.text(post("/v1/completions", body))))
    world.world.run(for: .seconds(4))
    // Three seconds of waiting are worth one unit.
    clients.append(world.client(.text(get("/late", "X-Vllm-Priority: -1\r\n"))))
    world.world.run(for: .seconds(10))
    #expect(statuses(clients) == Array(repeating: [200], count: 6))
    #expect(
      paths(world.engines[0])
        == ["/first", "/v1/completions", "/ordinary", "/other", "/late", "/patient"])
    world.expectNothingLeft()
  }

  @Test func `what is no JSON is refused at once and does not wait`() {
    let world = makeWorld(1)
    let first = world.client(.text(get("/first")))
    world.world.run(for: .milliseconds(100))
    #expect(world.fetch(post("/v1/completions", "{no")).map(\.status) == [400])
    #expect(world.router.admitted == (1, 0))
    world.awaitAnswers(1, first)
    world.expectNothingLeft()
  }

  @Test func `a connection's next request finds the slot of its last one free`() {
    let world = makeWorld(1, queue: 0, answeringAfter: .milliseconds(10))
    let client = world.client(.text(get("/1") + get("/2") + get("/3")))
    world.awaitAnswers(3, client)
    #expect(statuses([client]) == [[200, 200, 200]])
    world.expectNothingLeft()
  }

  @Test func `requests that fail as they are let in do not pile up`() {
    // Each of them ends where it begins: the line is emptied by a loop, not by recursion.
    let world = makeWorld(1, queue: 5000)
    let first = world.client(.text(get("/first")))
    world.world.run(for: .milliseconds(100))
    let clients = (0..<5000).map { _ in world.client(.text(post("/v1/completions", "{}"))) }
    world.world.run(for: .milliseconds(500))
    #expect(world.router.admitted == (1, 5000))
    for worker in world.registry.workers { world.registry.remove(worker.id) }
    world.world.run(for: .seconds(2))
    #expect(statuses([first]) == [[200]])
    #expect(clients.allSatisfy { answers($0).map(\.status) == [503] })
    world.expectNothingLeft()
  }

  @Test func `requests that wait are served while the router drains`() {
    let world = makeWorld(1)
    let clients = inTurn(3, world)
    world.world.run(for: .milliseconds(100))
    var idleCount = 0
    world.router.drain { idleCount += 1 }
    world.world.run(for: .milliseconds(2500))
    #expect(idleCount == 0 && world.router.admitted == (1, 0))
    world.world.run(for: .seconds(5))
    #expect(statuses(clients) == [[200], [200], [200]] && idleCount == 1)
    world.expectNothingLeft()
  }

  @Test func `requests that wait are told when the router stops for good`() {
    let world = makeWorld(1)
    let clients = inTurn(3, world)
    world.world.run(for: .milliseconds(100))
    world.router.abort()
    world.world.run(for: .milliseconds(100))
    #expect(statuses(clients) == [[503], [503], [503]])
    #expect(clients.allSatisfy { $0.record.text.contains("shutting_down") })
    #expect(world.engines[0].requests.count == 1 && refusals(world, .shutdown) == 2)
    world.expectNothingLeft()
  }

  @Test func `a prefill that outlives its client holds its slot until it is over`() {
    let world = makeWorld(1, queue: 0, roles: [.prefill, .decode]) { _ in }
    let client = world.client(.text(post("/v1/chat/completions", chatBody)))
    world.world.run(for: .milliseconds(100))
    client.hangUp(.close)
    world.world.run(for: .milliseconds(100))
    #expect(world.router.admitted.inFlight == 1)
    world.world.run(for: .seconds(3))
    world.expectNothingLeft()
  }
}
