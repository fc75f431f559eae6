import EventLoop
import Simulation
import Testing
import Vocabulary

@testable import PDRouter

private typealias Act = ScriptedEngine.Act

/// When a request is tried again: where, how soon, and how often.
@Suite(.overBothProtocols) struct RetryingTests {
  private let text = post("/v1/completions", #"{"prompt":"x"}"#)

  /// Engines that answer with `acts`, and the order in which they are asked.
  private func makeWorld(
    _ workers: Int, _ configure: @escaping (inout RouterConfiguration) -> Void = { _ in },
    acts: @escaping (_ worker: Int, _ visit: Int) -> [Act]
  ) -> (RouterWorld, () -> [Int]) {
    let world = RouterWorld(Array(repeating: .both, count: workers), configure: configure)
    var order: [Int] = []
    for (worker, engine) in world.engines.enumerated() {
      engine.script = { _ in
        order.append(worker)
        return acts(worker, order.count { $0 == worker } - 1)
      }
    }
    return (world, { order })
  }

  private func status(_ status: Int, _ fields: String = "") -> [Act] {
    [.send(RouterWorld.answer("{}", status: status, fields))]
  }

  private let ok: [Act] = [.send(RouterWorld.ok)]

  @Test func `a worker that cannot be reached is replaced at once, and for nothing`() {
    let world = RouterWorld(Array(repeating: .both, count: 4)) { $0.limits.retryReserve = 0 }
    for engine in world.engines[0...2] { engine.stopListening() }
    #expect(world.fetch(text).map(\.status) == [200])
    #expect(world.records[0].attempts == 4 && world.duration() < .milliseconds(10))
    world.expectNothingLeft()
  }

  @Test(arguments: [500, 502, 503, 504, 0])
  func `after a 5xx or a broken connection another worker is tried after the first pause`(
    status: Int
  ) {
    let (world, order) = makeWorld(2) { worker, _ in
      worker == 1 ? self.ok : status == 0 ? [.reset] : self.status(status)
    }
    #expect(world.fetch(text).map(\.status) == [200])
    #expect(order() == [0, 1])
    // 50 ms by a fifth more or less, and the timer's tick.
    #expect(world.duration() > .milliseconds(40) && world.duration() < .milliseconds(70))
    #expect(world.metrics.backoffs[0].count > 0 && world.metrics.backoffs[1].count == 0)
    world.expectNothingLeft()
  }

  @Test(arguments: [408, 429])
  func `an engine that is full is left for another at once, and not blamed`(status: Int) {
    let (world, order) = makeWorld(3) { worker, _ in
      worker == 2 ? self.ok : self.status(status, "retry-after: 9\r\n")
    }
    #expect(world.fetch(text).map(\.status) == [200])
    #expect(order() == [0, 1, 2] && world.duration() < .milliseconds(10))
    #expect(world.registry.workers.map(\.failedRequests) == [0, 0, 0])
    world.expectNothingLeft()
  }

  @Test(arguments: [408, 429])
  func `when all engines are full the last one's answer is the client's, each asked once`(
    status: Int
  ) {
    let (world, order) = makeWorld(2) { worker, _ in
      [.send(RouterWorld.answer("w\(worker)", status: status, "retry-after: \(worker + 3)\r\n"))]
    }
    let answer = world.fetch(text)[0]
    #expect(answer.status == status && answer.body == "w1" && answer["retry-after"] == "4")
    #expect(order() == [0, 1])
    world.expectNothingLeft()
  }

  @Test(arguments: [400, 404, 409, 422, 501, 505])
  func `what would be answered again is not asked again`(status: Int) {
    let (world, order) = makeWorld(2) { _, _ in self.status(status) }
    #expect(world.fetch(text).map(\.status) == [status])
    #expect(order() == [0])
    world.expectNothingLeft()
  }

  @Test func `no worker is asked twice while another is left, and the pauses grow`() {
    let (world, order) = makeWorld(3) { _, _ in self.status(503) }
    #expect(world.fetch(text).map(\.status) == [503])
    let asked = order()
    #expect(asked.count == 5 && Set(asked[..<3]).count == 3 && Set(asked[3...]).count == 2)
    // 50 + 75 + 112.5 + 168.75, by a fifth more or less, and four ticks.
    #expect(world.duration() > .milliseconds(325) && world.duration() < .milliseconds(515))
    #expect(world.records[0].attempts == 5)
    let route = Int(Endpoint.completions.rawValue)
    #expect(world.metrics.retries.value(at: route) == 4)
    #expect(world.metrics.retriesExhausted.value(at: route) == 1)
    world.expectNothingLeft()
  }

  @Test(arguments: [502, 503])
  func `workers that all fail their first call serve the second`(status: Int) {
    let (world, order) = makeWorld(2) { _, visit in visit == 0 ? self.status(status) : self.ok }
    #expect(world.fetch(text).map(\.status) == [200])
    #expect(order().count == 3 && world.records[0].attempts == 3)
    world.expectNothingLeft()
  }

  @Test func `a single worker that does not listen yet is asked again until it does`() {
    let world = RouterWorld()
    world.engines[0].stopListening()
    let client = world.client(.text(text))
    world.world.run(for: .milliseconds(200))
    #expect(world.records.isEmpty)
    let engine = ScriptedEngine(on: world.engineHosts[0]) { _ in [.send(RouterWorld.ok)] }
    world.awaitAnswers(1, client)
    #expect(world.answer(to: client)?.status == 200 && engine.requests.count == 1)
    world.expectNothingLeft()
  }

  @Test func `an engine is asked again when it has said, not before`() {
    let (world, order) = makeWorld(1) { _, visit in
      visit == 0 ? self.status(503, "retry-after: 2\r\n") : self.ok
    }
    #expect(world.fetch(text).map(\.status) == [200] && order().count == 2)
    #expect(world.duration() > .seconds(2) && world.duration() < .milliseconds(2_020))
    world.expectNothingLeft()
  }

  @Test func `who said nothing is asked before those who said when to come`() {
    let (world, order) = makeWorld(3) { worker, visit in
      worker == 1 && visit == 1
        ? self.ok
        : self.status(503, worker == 1 ? "" : "retry-after: 3\r\n")
    }
    #expect(world.fetch(text).map(\.status) == [200])
    #expect(order().last == 1 && order().count == 4 && world.duration() < .seconds(1))
    world.expectNothingLeft()
  }

  @Test(arguments: [("61", 1800), ("5", 4), ("9223372036854775807", 1800)])
  func `what is too long to wait for is the client's to wait for`(
    seconds: String, limit: Int
  ) {
    let (world, order) = makeWorld(2, { $0.timeouts.request = .seconds(limit) }) { _, _ in
      self.status(503, "retry-after: \(seconds)\r\n")
    }
    let answer = world.fetch(text)[0]
    #expect(answer.status == 503 && answer["retry-after"] == seconds && answer.body == "{}")
    #expect(order() == [0, 1] && world.duration() < .milliseconds(100))
    world.expectNothingLeft()
  }

  @Test(arguments: ["-5", "99999999999999999999", "Wed, 21 Oct 2015 07:28:00 GMT", "soon", ""])
  func `a word that is no number of seconds changes nothing`(word: String) {
    let (world, order) = makeWorld(1) { _, visit in
      visit == 0 ? self.status(503, "retry-after: \(word)\r\n") : self.ok
    }
    #expect(world.fetch(text).map(\.status) == [200])
    #expect(order().count == 2 && world.duration() < .milliseconds(70))
    world.expectNothingLeft()
  }

  @Test func `waits that engines ask for last no longer than the wait for a worker, all together`()
  {
    let (world, order) = makeWorld(1, { $0.admission.queueTimeout = .seconds(5) }) { _, _ in
      self.status(503, "retry-after: 2\r\n")
    }
    let answer = world.fetch(text, within: .seconds(20))[0]
    #expect(answer.status == 503 && answer["retry-after"] == "2" && answer.body == "{}")
    #expect(order().count == 3)
    #expect(world.duration() > .seconds(4) && world.duration() < .seconds(5))
    world.expectNothingLeft()
  }

  @Test func `a failure is told at once when the pause would outlast the request`() {
    let (world, order) = makeWorld(
      2,
      {
        $0.retries.initialBackoff = .seconds(20)
        $0.timeouts.request = .seconds(10)
      }
    ) { _, _ in self.status(503) }
    #expect(world.fetch(text).map(\.status) == [503])
    #expect(order().count == 1 && world.duration() < .milliseconds(10))
    world.expectNothingLeft()
  }

  @Test func `without retries every request is tried once`() {
    for (isUp, status) in [(false, 502), (true, 503)] {
      let (world, order) = makeWorld(2, { $0.retries.attempts = 1 }) { _, _ in self.status(503) }
      if !isUp { world.engines[0].stopListening() }
      #expect(world.fetch(text).map(\.status) == [status])
      #expect(order().count == (isUp ? 1 : 0) && world.records[0].attempts == 1)
      #expect(world.duration() < .milliseconds(10))
      world.expectNothingLeft()
    }
  }

  @Test func `to begin anew with all workers costs the budget, to go on to the next one does not`()
  {
    let world = RouterWorld([.both, .both]) {
      $0.limits.retryShare = 0
      $0.limits.retryReserve = 0
    }
    for engine in world.engines { engine.stopListening() }
    _ = world.fetch(get("/first"))
    // A request that is live is one attempt's worth: it begins anew once.
    #expect(world.records[0].attempts == 4)
    let again = world.fetch(text)
    #expect(again.map(\.status) == [502] && world.records[1].attempts == 2)
    world.expectNothingLeft()
  }

  @Test func `an engine's own answer is told when the budget allows no other attempt`() {
    let (world, order) = makeWorld(
      2,
      {
        $0.limits.retryShare = 0
        $0.limits.retryReserve = 0
      }
    ) { _, _ in [.send(RouterWorld.answer("mine", status: 503, "retry-after: 1\r\n"))] }
    _ = world.fetch(text)
    let count = order().count
    let answer = world.fetch(text)[0]
    #expect(answer.body == "mine" && answer["retry-after"] == "1" && order().count == count + 1)
    world.expectNothingLeft()
  }

  @Test(arguments: [0, 1])
  func `a client that leaves within a pause ends the request`(manner: Int) {
    let (world, order) = makeWorld(2, { $0.retries.initialBackoff = .seconds(5) }) { _, _ in
      self.status(503)
    }
    let client = world.client(.text(text))
    world.world.run(for: .seconds(1))
    #expect(order().count == 1 && world.registry.workers.allSatisfy { $0.requestsInFlight == 0 })
    client.hangUp(manner == 0 ? .close : .reset)
    world.world.run(for: .milliseconds(10))
    #expect(world.records.map(\.outcome) == [.clientGone])
    world.world.run(for: .seconds(10))
    #expect(order().count == 1)
    world.expectNothingLeft()
  }

  @Test func `a router that stops answers what pauses`() {
    let (world, _) = makeWorld(2, { $0.retries.initialBackoff = .seconds(5) }) { _, _ in
      self.status(503)
    }
    let client = world.client(.text(text))
    world.world.run(for: .seconds(1))
    world.router.abort()
    world.world.run(for: .milliseconds(10))
    #expect(world.answer(to: client)?.status == 503)
    #expect(world.answer(to: client)?.body.contains("shutting_down") == true)
    world.expectNothingLeft()
  }
}
