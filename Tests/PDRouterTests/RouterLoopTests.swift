import Simulation
import Testing
import Vocabulary

@testable import PDRouter

struct RouterLoopTests {
  @Test func `a drain waits until the last answer has left, then says so once`() {
    var narrow = NetworkConditions()
    narrow.kernelBufferByteCount = 8 * 1024
    let world = RouterWorld(conditions: narrow)
    let big = String(repeating: "x", count: 60_000)
    let loop = world.routerHost.loop
    world.engines[0].script = { _ in [.wait(.seconds(1)), .send(RouterWorld.answer(big))] }
    let client = world.client(.text(get("/slow"))) {
      $0.pace = .init(byteCount: 8000, interval: .seconds(1))
    }
    let idle = world.client()
    world.world.run(for: .milliseconds(100))
    var idleCount = 0
    world.router.drain {
      idleCount += 1
      loop.stop()
    }
    world.world.run(for: .seconds(3))
    #expect(idle.record.endedAt != nil && world.router.liveRequests == 0 && idleCount == 0)
    world.world.run(for: .seconds(30))
    #expect(idleCount == 1 && loop.isDead)
    #expect(HTTPAnswer.all(in: client.record.bytes).map(\.body) == [big])
  }

  @Test func `a drain without connections is over at once`() {
    let world = RouterWorld()
    var idleCount = 0
    world.router.drain { idleCount += 1 }
    #expect(idleCount == 1)
    let late = world.client(.text(get("/liveness")))
    world.world.run(for: .seconds(1))
    #expect(late.isClosed && late.record.bytes.isEmpty)
  }

  @Test func `a router that is about to leave says so, and still takes who comes`() {
    let world = RouterWorld()
    world.engines[0].script = { _ in [.wait(.seconds(2)), .send(RouterWorld.ok)] }
    let kept = world.client(.text(get("/liveness")), .wait(.seconds(1)), .text(get("/slow")))
    world.world.run(for: .milliseconds(100))
    #expect(world.answer(to: kept)?["connection"] == nil)
    world.router.beginLeaving()
    let readiness = world.fetch(get("/readiness")).first
    #expect(readiness?.status == 503 && readiness?.body.contains("shutting down") == true)
    #expect(world.fetch(get("/liveness")).map(\.status) == [200])
    #expect(world.fetch(get("/health")).map(\.status) == [200])
    #expect(world.fetch(get("/x")).map(\.status) == [200])
    // Who was kept is told that its next answer is the last.
    world.awaitAnswers(2, kept)
    let last = world.answer(to: kept)
    #expect(last?.status == 200 && last?["connection"] == "close")
    var isIdle = false
    world.router.drain { isIdle = true }
    world.world.run(for: .seconds(3))
    #expect(isIdle)
    world.expectNothingLeft()
  }

  @Test func `an abort ends clients and legs at once and leaves nothing`() {
    let world = RouterWorld([.prefill, .decode])
    for engine in world.engines { engine.script = { _ in [] } }
    let clients = (0..<5).map { _ in
      world.client(.text(post("/v1/chat/completions", chatBody)))
    }
    world.world.run(for: .milliseconds(100))
    #expect(world.router.liveRequests == 5 && world.router.liveHandles == 5)
    world.router.abort()
    world.world.run(for: .milliseconds(100))
    #expect(clients.allSatisfy { $0.record.endedAt != nil || $0.isClosed })
    #expect(world.engines[0].openCount == 0)
    // The clients are told, and get the time of a linger to read it.
    #expect(clients.allSatisfy { $0.record.text.contains("shutting_down") })
    #expect(world.records.map(\.outcome) == Array(repeating: .failed, count: 5))
    world.world.run(for: .seconds(5))
    #expect(world.router.clientConnections == 0)
    world.expectNothingLeft()
  }

  @Test func `idle worker connections are closed by the housekeeping`() {
    let world = RouterWorld()
    #expect(world.fetch(get("/x")).map(\.status) == [200])
    world.world.run(for: .milliseconds(100))
    #expect(world.engines[0].openCount == 1)
    world.world.run(for: .seconds(5))
    #expect(world.engines[0].openCount == 0)
  }

  @Test func `what is counted agrees with what was done`() {
    let world = RouterWorld()
    for _ in 0..<3 { _ = world.fetch(get("/liveness")) }
    _ = world.fetch("garbage\r\n\r\n")
    _ = world.fetch(post("/v1/completions", "{}"))
    _ = world.fetch(post("/v1/completions", "no"))
    world.world.run(for: .seconds(2))
    let metrics = PrometheusText(
      MetricsText(
        loops: [world.metrics], workers: world.registry.workers, now: world.world.now
      ).write().text)
    #expect(metrics.faults == [])
    #expect(metrics[#"vllm_router_requests_total{route="/liveness"}"#] == 3)
    #expect(metrics[#"vllm_router_requests_total{route="/v1/completions"}"#] == 2)
    #expect(metrics["vllm_router_refused_requests_total"] == 1)
    let errors = "vllm_router_request_errors_total"
    #expect(metrics["\(errors){route=\"/v1/completions\",error_type=\"bad_request\"}"] == 1)
  }
}
