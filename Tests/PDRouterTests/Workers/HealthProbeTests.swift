import Logging
import Simulation
import Testing
import Vocabulary

@testable import PDRouter

@Suite(.overBothProtocols) struct HealthProbeTests {
  /// A world whose only worker is probed every ten seconds.
  private func makeProbe(
    _ configure: (inout RouterConfiguration) -> Void = { _ in }
  ) -> (RouterWorld, HealthProbe) {
    let world = RouterWorld([.both]) {
      $0.health.interval = .seconds(10)
      $0.health.path = "/healthz"
      configure(&$0)
    }
    var logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    logger.logLevel = .critical
    let probe = HealthProbe(
      worker: world.registry.workers[0], router: world.router, registry: world.registry,
      logger: logger)
    return (world, probe)
  }

  @Test func `a worker is asked at its interval for its path, and costs no load`() {
    let (world, probe) = makeProbe()
    probe.start()
    world.world.run(for: .seconds(35))
    // The first regular wait is shorter by up to a half, the others by up to a tenth.
    let count = world.engines[0].requests.count
    #expect((4...5).contains(count))
    #expect(world.engines[0].requests.allSatisfy { $0.head[0] == "GET /healthz HTTP/1.1" })
    #expect(world.engines[0].requests[0].field("host") == "w0:8000")
    #expect(world.registry.workers[0].isHealthy)
    world.expectNothingLeft()
    probe.stop()
    world.world.run(for: .seconds(30))
    #expect(world.engines[0].requests.count == count)
  }

  // What fails at once is asked again after a second; what is slow may only be busy.
  @Test(
    arguments: [
      (0, 1.5, 2.5, 1.7), (1, 1.5, 2.5, 1.7), (2, 13, 26, 7), (3, 13, 26, 7),
    ] as [(Int, Double, Double, Double)])
  func `three failures in a row take a worker out, two successes bring it back`(
    manner: Int, isHealthyAt: Double, isIllAt: Double, returnsWithin: Double
  ) {
    let (world, probe) = makeProbe { $0.admission.queueSize = 0 }
    let engine = world.engines[0]
    let failing: [[ScriptedEngine.Act]] = [
      [.send(RouterWorld.answer("ill", status: 503))], [.reset], [],
      [.send("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nslow")],
    ]
    engine.script = { _ in failing[manner] }
    probe.start()
    world.world.run(for: .seconds(isHealthyAt))
    #expect(world.registry.workers[0].isHealthy)
    let version = world.registry.version
    world.world.run(for: .seconds(isIllAt - isHealthyAt))
    #expect(!world.registry.workers[0].isHealthy && world.registry.version > version)
    #expect(world.fetch(get("/x")).map(\.status) == [503])
    engine.script = { _ in [.send(RouterWorld.ok)] }
    world.world.run(for: .seconds(returnsWithin))
    #expect(world.registry.workers[0].isHealthy)
    #expect(world.fetch(get("/x")).map(\.status) == [200])
    probe.stop()
  }

  @Test func `an engine that is away is asked about every second, every two in the end`() {
    let (world, probe) = makeProbe { $0.health.interval = .seconds(60) }
    let engine = world.engines[0]
    engine.script = { _ in [.reset] }
    probe.start()
    world.world.run(for: .seconds(10))
    #expect((9...13).contains(engine.requests.count))
    world.world.run(for: .seconds(90))
    let before = engine.requests.count
    world.world.run(for: .seconds(60))
    #expect((29...35).contains(engine.requests.count - before))
    probe.stop()
  }

  @Test func `the gauge of a worker's health follows its probes`() {
    let (world, probe) = makeProbe()
    let engine = world.engines[0]
    func gauge() -> Double? {
      let text = MetricsText(loops: [], workers: world.registry.workers, now: .zero).write().text
      return PrometheusText(text)[#"vllm_router_worker_health{worker="http://w0:8000"}"#]
    }
    func awaitProbes(_ count: Int) {
      let before = engine.requests.count
      _ = world.world.run(within: .seconds(20)) { engine.requests.count == before + count }
      world.world.run(for: .milliseconds(50))
    }
    engine.script = { _ in [.send(RouterWorld.answer("ill", status: 503))] }
    probe.start()
    var gauges = [gauge()]
    for _ in 0..<3 {
      awaitProbes(1)
      gauges.append(gauge())
    }
    engine.script = { _ in [.send(RouterWorld.ok)] }
    for _ in 0..<2 {
      awaitProbes(1)
      gauges.append(gauge())
    }
    #expect(gauges == [1, 1, 1, 0, 0, 1])
    probe.stop()
  }

  @Test func `a probe without an answer in time is cancelled, and its connection closed`() {
    let (world, probe) = makeProbe()
    world.engines[0].script = { _ in [] }
    probe.start()
    world.world.run(for: .seconds(4))
    #expect(world.engines[0].openCount == 1)
    world.world.run(for: .seconds(2))
    #expect(world.engines[0].openCount == 0)
    probe.stop()
  }
}
