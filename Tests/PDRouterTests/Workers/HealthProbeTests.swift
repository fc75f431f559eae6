import Logging
import Simulation
import Testing
import Vocabulary

@testable import PDRouter

struct HealthProbeTests {
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
    #expect(world.engines[0].requests.count == 4)
    #expect(world.engines[0].requests.allSatisfy { $0.head[0] == "GET /healthz HTTP/1.1" })
    #expect(world.engines[0].requests[0].field("host") == "w0:8000")
    #expect(world.registry.workers[0].isHealthy)
    world.expectNothingLeft()
    probe.stop()
    world.world.run(for: .seconds(30))
    #expect(world.engines[0].requests.count == 4)
  }

  @Test(arguments: [0, 1, 2, 3])
  func `three failures in a row take a worker out, two successes bring it back`(manner: Int) {
    let (world, probe) = makeProbe { $0.admission.queueSize = 0 }
    let engine = world.engines[0]
    let failing: [[ScriptedEngine.Act]] = [
      [.send(RouterWorld.answer("ill", status: 503))], [.reset], [],
      [.send("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nslow")],
    ]
    engine.script = { _ in failing[manner] }
    probe.start()
    world.world.run(for: .seconds(19))
    #expect(world.registry.workers[0].isHealthy)
    let version = world.registry.version
    world.world.run(for: .seconds(7))
    #expect(!world.registry.workers[0].isHealthy && world.registry.version > version)
    #expect(world.fetch(get("/x")).map(\.status) == [503])
    engine.script = { _ in [.send(RouterWorld.ok)] }
    world.world.run(for: .seconds(30))
    #expect(world.registry.workers[0].isHealthy)
    #expect(world.fetch(get("/x")).map(\.status) == [200])
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
