import Simulation
import Testing
import Vocabulary

@testable import PDRouter

struct WorkerQueryTests {
  /// What came of a query that the engine answers with `acts`, and when.
  private func outcome(
    _ acts: [ScriptedEngine.Act], isListening: Bool = true
  ) -> (text: String?, after: Duration, world: RouterWorld) {
    let world = RouterWorld([.both])
    if !isListening { world.engines[0].stopListening() }
    world.engines[0].script = { _ in acts }
    let worker = world.registry.workers[0]
    let query = WorkerQuery(
      "/version", of: worker, on: world.routerHost.loop, timeout: .seconds(5))
    var text: String?
    var endedAt: Instant?
    query.put(through: world.router.pool(of: worker)) { outcome in
      #expect(endedAt == nil)
      endedAt = world.world.now
      if case .answered(let status, let body) = outcome {
        text = "\(status) \(String(decoding: body, as: UTF8.self))"
      }
    }
    let start = world.world.now
    _ = world.world.run(within: .seconds(20)) { endedAt != nil }
    #expect(!query.isOut)
    return (text, (endedAt ?? .distantFuture) - start, world)
  }

  @Test func `the whole answer is handed over, whatever its status`() {
    for (status, body) in [(200, #"{"version":"1"}"#), (404, "no"), (503, "")] {
      let ended = outcome([.send(RouterWorld.answer(body, status: status))])
      #expect(ended.text == "\(status) \(body)")
      #expect(ended.world.engines[0].requests[0].head[0] == "GET /version HTTP/1.1")
      #expect(ended.world.engines[0].requests[0].field("host") == "w0:8000")
      ended.world.expectNothingLeft()
    }
  }

  @Test func `no answer, half of one, none in time and too much of one are failures`() {
    let ways: [[ScriptedEngine.Act]] = [
      [.reset], [.send("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf"), .close], [],
      [.send(RouterWorld.answer(String(repeating: "x", count: 300_000)))],
    ]
    for acts in ways {
      let ended = outcome(acts)
      #expect(ended.text == nil && ended.after <= .milliseconds(5010))
      ended.world.world.run(for: .milliseconds(50))
      #expect(ended.world.engines[0].openCount == 0)
    }
    #expect(outcome([], isListening: false).text == nil)
  }

  @Test func `a query that is cancelled says nothing and can be put again`() {
    let world = RouterWorld([.both])
    let worker = world.registry.workers[0]
    let query = WorkerQuery(
      "/version", of: worker, on: world.routerHost.loop, timeout: .seconds(5))
    var ends = 0
    query.put(through: world.router.pool(of: worker)) { _ in ends += 1 }
    query.cancel()
    world.world.run(for: .seconds(6))
    #expect(ends == 0 && !query.isOut)
    query.put(through: world.router.pool(of: worker)) { _ in ends += 1 }
    world.world.run(for: .seconds(6))
    #expect(ends == 1)
  }

  @Test func `a query that finds the pool full fails, though not at once`() {
    let world = RouterWorld([.both]) { $0.limits.connectionsPerWorker = 1 }
    world.engines[0].script = { _ in [] }
    let client = world.client(.text(get("/x")))
    world.world.run(for: .milliseconds(50))
    let worker = world.registry.workers[0]
    let query = WorkerQuery(
      "/version", of: worker, on: world.routerHost.loop, timeout: .seconds(5))
    var ends = 0
    query.put(through: world.router.pool(of: worker)) { _ in ends += 1 }
    #expect(ends == 0)
    world.world.run(for: .milliseconds(50))
    #expect(ends == 1)
    client.hangUp(.close)
  }
}
