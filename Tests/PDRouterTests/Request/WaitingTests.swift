import EventLoop
import KVTransfer
import Simulation
import Testing
import Vocabulary

@testable import PDRouter

/// Requests that no worker can be chosen for now: they wait for one, within bounds.
@Suite(.overBothProtocols) struct WaitingTests {
  private let text = post("/v1/completions", #"{"prompt":"x"}"#)
  private let chat = post("/v1/chat/completions", chatBody)

  private func waitingCount(_ world: RouterWorld) -> Int {
    world.metrics.singles.value(at: LoopMetrics.Single.waitingForWorker.rawValue)
  }

  @Test func `a request waits for a worker and is served as soon as one is healthy`() {
    let world = RouterWorld([.both, .both])
    for number in 0...1 { world.setHealthy(false, number) }
    let client = world.client(.text(text))
    world.world.run(for: .milliseconds(3_300))
    #expect(world.records.isEmpty && waitingCount(world) == 1)
    let before = world.world.now
    world.setHealthy(true, 1)
    world.awaitAnswers(1, client)
    #expect(world.answer(to: client)?.status == 200 && world.engines[1].requests.count == 1)
    #expect(world.records[0].endedAt - before < .milliseconds(10))
    #expect(world.records[0].attempts == 1 && waitingCount(world) == 0)
    world.expectNothingLeft()
  }

  @Test(arguments: ["undrained", "added"])
  func `a worker that may be chosen again, or is new, ends the wait`(manner: String) throws {
    let world = RouterWorld([.both, .both])
    for worker in world.registry.workers { _ = world.registry.setDraining(true, worker.id) }
    let client = world.client(.text(text))
    world.world.run(for: .milliseconds(500))
    if manner == "added" {
      world.registry.remove(world.registry.workers[0].id)
      world.world.run(for: .milliseconds(100))
      #expect(world.records.isEmpty)
      world.registry.add(try WorkerURL("http://w0:8000"), role: .both)
    } else {
      _ = world.registry.setDraining(false, world.registry.workers[0].id)
    }
    let before = world.world.now
    world.awaitAnswers(1, client)
    #expect(world.answer(to: client)?.status == 200)
    #expect(world.records[0].endedAt - before < .milliseconds(10))
    world.expectNothingLeft()
  }

  @Test func `after its time a request that waits gets 503 and a time to try again`() {
    let world = RouterWorld()
    world.setHealthy(false, 0)
    let answer = world.fetch(text, within: .seconds(61))[0]
    #expect(answer.status == 503 && answer["retry-after"] == "5" && answer.isErrorObject)
    #expect(answer.body.contains("no_available_workers"))
    #expect(world.duration() >= .seconds(60) && world.duration() < .milliseconds(60_010))
    #expect(world.records[0].attempts == 0)
    world.expectNothingLeft()
  }

  @Test func `the request's own deadline counts while it waits`() {
    let world = RouterWorld { $0.timeouts.request = .seconds(2) }
    world.setHealthy(false, 0)
    let answer = world.fetch(text)[0]
    #expect(answer.status == 504 && answer.body.contains("request_timeout"))
    #expect(world.duration() >= .seconds(2) && world.duration() < .milliseconds(2_010))
    world.expectNothingLeft()
  }

  @Test func `where the last worker has left nobody waits`() {
    let world = RouterWorld()
    world.setHealthy(false, 0)
    let client = world.client(.text(text))
    world.world.run(for: .seconds(1))
    world.registry.remove(world.registry.workers[0].id)
    world.awaitAnswers(1, client)
    #expect(world.answer(to: client)?.status == 503)
    #expect(world.duration() < .milliseconds(1_010))
    world.expectNothingLeft()
  }

  @Test func `no more wait than may, whatever they wait for, and a place left is a place free`() {
    let world = RouterWorld { $0.admission.queueSize = 3 }
    world.setHealthy(false, 0)
    let clients = (0..<3).map { _ in world.client(.text(text)) }
    world.world.run(for: .milliseconds(100))
    #expect(waitingCount(world) == 3)
    #expect(world.fetch(text).map(\.status) == [503] && world.duration() < .milliseconds(10))
    clients[1].hangUp(.close)
    world.world.run(for: .milliseconds(100))
    #expect(world.records.last?.outcome == .clientGone && waitingCount(world) == 2)
    let late = world.client(.text(text))
    world.world.run(for: .milliseconds(100))
    #expect(waitingCount(world) == 3)
    world.setHealthy(true, 0)
    for client in [clients[0], clients[2], late] {
      world.awaitAnswers(1, client)
      #expect(world.answer(to: client)?.status == 200)
    }
    world.expectNothingLeft()
  }

  @Test func `who came first chooses first, also after changes that helped nobody`() {
    let world = RouterWorld(Array(repeating: .both, count: 5))
    for number in 0...4 { world.setHealthy(false, number) }
    let clients = (0..<5).map { number in
      let client = world.client(.text(get("/\(number)")))
      world.world.run(for: .milliseconds(10))
      return client
    }
    world.registry.noteChange()
    world.world.run(for: .milliseconds(10))
    for worker in world.registry.workers { _ = worker.setHealthy(true) }
    world.registry.noteChange()
    for client in clients { world.awaitAnswers(1, client) }
    // Workers take turns.
    let paths = world.engines.map { $0.requests.map { $0.head[0].split(separator: " ")[1] } }
    #expect(paths == [["/0"], ["/1"], ["/2"], ["/3"], ["/4"]])
    world.expectNothingLeft()
  }

  @Test func `a request that no worker answered waits for one that does`() {
    let world = RouterWorld([.both, .both])
    for number in 0...1 {
      world.engines[number].script = { _ in
        world.setHealthy(false, number)
        return [.reset]
      }
    }
    world.setHealthy(false, 1)
    let client = world.client(.text(text))
    world.world.run(for: .seconds(2))
    #expect(world.records.isEmpty && world.engines[0].requests.count == 1)
    world.engines[0].script = { _ in [.send(RouterWorld.ok)] }
    world.setHealthy(true, 0)
    world.awaitAnswers(1, client)
    #expect(world.answer(to: client)?.status == 200 && world.records[0].attempts == 2)
    world.expectNothingLeft()
  }

  @Test func `a router that stops answers those who wait`() {
    let world = RouterWorld()
    world.setHealthy(false, 0)
    let client = world.client(.text(text))
    world.world.run(for: .seconds(1))
    world.router.abort()
    world.world.run(for: .milliseconds(10))
    #expect(world.answer(to: client)?.body.contains("shutting_down") == true)
    world.expectNothingLeft()
  }

  @Test
  func `a router that takes nothing new sends those away who wait, with a time to come again`() {
    let world = RouterWorld()
    world.setHealthy(false, 0)
    let client = world.client(.text(text))
    world.world.run(for: .seconds(1))
    var isIdle = false
    world.router.drain { isIdle = true }
    world.awaitAnswers(1, client)
    #expect(world.answer(to: client)?.status == 503)
    #expect(world.answer(to: client)?["retry-after"] == "5")
    #expect(world.duration() < .milliseconds(1_010))
    client.hangUp(.close)
    world.world.run(for: .seconds(3))
    #expect(isIdle)
    world.expectNothingLeft()
  }

  @Test func `a change that any loop finds ends the wait on every loop, and one limit holds`() {
    let world = RouterWorld { $0.admission.queueSize = 2 }
    let second = SecondLoop(of: world)
    world.setHealthy(false, 0)
    let clients = [world.client(.text(text)), second.client(.text(text))]
    world.world.run(for: .milliseconds(1_500))
    #expect(world.router.waiting.count == 1 && second.router.waiting.count == 1)
    let extra = second.client(.text(text))
    #expect(world.awaitAnswers(1, extra) && world.answer(to: extra)?.status == 503)
    let before = world.world.now
    world.setHealthy(true, 0)
    for client in clients {
      world.awaitAnswers(1, client)
      #expect(world.answer(to: client)?.status == 200)
    }
    #expect(world.world.now - before < .milliseconds(20))
    #expect(second.router.waiting.isEmpty)
  }
}

// MARK: - Prefill and decode

extension WaitingTests {
  @Test func `a split request waits for a decode worker before its prompt is computed`() {
    let world = makeSplitWorld(prefill: 1, decode: 1)
    world.setHealthy(false, 1)
    let client = world.begin(chat)
    world.world.run(for: .seconds(2))
    #expect(world.engines[0].requests.isEmpty && world.records.isEmpty)
    world.setHealthy(true, 1)
    world.awaitAnswers(1, client)
    #expect(world.answer(to: client)?.status == 200)
    #expect(world.engines.map(\.legs.count) == [1, 1])
    world.expectNothingLeft()
  }

  @Test func `without a prefill worker decode serves it whole, unless its engines cannot`() {
    for connector in [KVConnectorName.nixl, .sglang] {
      let world = makeSplitWorld(
        prefill: 1, decode: 1, details: [0: WorkerDetails(bootstrapPort: 8998)]
      ) { $0.connector = connector }
      world.setHealthy(false, 0)
      let client = world.begin(chat)
      world.world.run(for: .seconds(2))
      let waits = connector == .sglang
      #expect(world.records.isEmpty == waits, "\(connector)")
      #expect(world.engines.map(\.legs.count) == [0, waits ? 0 : 1])
      world.setHealthy(true, 0)
      world.awaitAnswers(1, client)
      #expect(world.answer(to: client)?.status == 200)
      world.expectAllGivenBack()
    }
  }

  @Test func `a handle that no decode worker can be reached for is given up, and all begins anew`()
  {
    let world = makeSplitWorld(prefill: 1, decode: 2)
    for number in 1...2 { world.engines[number].stopListening() }
    let client = world.begin(chat)
    world.world.run(for: .milliseconds(20))
    #expect(world.records.isEmpty && world.router.handleCounts.takenBack == 2)
    #expect(world.registry.workers.allSatisfy { $0.requestsInFlight == 0 })
    let engine = ScriptedEngine(on: world.engineHosts[2]) { _ in [.send(RouterWorld.ok)] }
    world.awaitAnswers(1, client)
    #expect(world.answer(to: client)?.status == 200)
    #expect(world.engines[0].legs.count == 2 && engine.legs.count == 1)
    #expect(world.records[0].attempts == 4 || world.records[0].attempts == 3)
    world.expectAllGivenBack()
  }

  @Test(arguments: [408, 429])
  func `a prefill engine that is full is left for another at once`(status: Int) {
    let world = makeSplitWorld()
    world.engines[0].script = { _ in [.send(RouterWorld.answer("{}", status: status))] }
    #expect(world.fetch(chat).map(\.status) == [200])
    #expect(world.engines.map(\.legs.count) == [1, 1, 1, 0] || world.engines[3].legs.count == 1)
    #expect(world.duration() < .milliseconds(10))
    #expect(world.registry.workers.map(\.failedRequests) == [0, 0, 0, 0])
    #expect(world.router.handleCounts.abandoned == 1 && world.router.handleCounts.consumed == 1)
    world.expectNothingLeft()
  }

  @Test func `where only pairs can serve, full prefill engines are told in their own words`() {
    let world = makeSplitWorld(
      prefill: 2, decode: 1,
      details: [0: WorkerDetails(bootstrapPort: 8998), 1: WorkerDetails(bootstrapPort: 8998)]
    ) { $0.connector = .sglang }
    for number in 0...1 {
      world.engines[number].script = { _ in
        [.send(RouterWorld.answer("{\"n\":\(number)}", status: 429, "retry-after: 3\r\n"))]
      }
    }
    world.engines[2].script = { _ in [] }
    let answer = world.fetch(chat)[0]
    #expect(answer.status == 429 && answer["retry-after"] == "3" && answer.body == "{\"n\":1}")
    #expect(world.engines.map(\.legs.count)[..<2] == [1, 1])
    world.expectAllGivenBack()
  }

  @Test(arguments: [408, 429])
  func `a decode engine that is full is left for another, and its handle released`(status: Int) {
    let world = makeSplitWorld(prefill: 1, decode: 2)
    world.engines[1].script = { _ in [.send(RouterWorld.answer("{}", status: status))] }
    #expect(world.fetch(chat).map(\.status) == [200])
    #expect(world.engines.map(\.legs.count) == [2, 1, 1])
    #expect(world.router.handleCounts.released == 1 && world.router.handleCounts.consumed == 1)
    world.expectAllGivenBack()
  }

  @Test func `the only decode engine's 429 is the client's, and it is asked once`() {
    let world = makeSplitWorld(prefill: 1, decode: 1)
    world.engines[1].script = { _ in
      [.send(RouterWorld.answer("full", status: 429, "retry-after: 7\r\n"))]
    }
    let answer = world.fetch(chat)[0]
    #expect(answer.status == 429 && answer["retry-after"] == "7" && answer.body == "full")
    #expect(world.engines.map(\.legs.count) == [1, 1])
    #expect(world.router.handleCounts.released == 1)
    world.expectAllGivenBack()
  }
}
