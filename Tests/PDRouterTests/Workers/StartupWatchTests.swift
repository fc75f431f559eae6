import Logging
import Simulation
import Testing
import Vocabulary

@testable import PDRouter

@Suite(.overBothProtocols) struct StartupWatchTests {
  /// A watched router, and what its start came to.
  private final class StartWorld {
    let world: RouterWorld
    let watch: WorkerWatch
    private(set) var failures: [StartupFailure] = []
    private var startup: StartupWatch?

    init(_ roles: [Role], entries: [(String, Role)]? = nil) {
      let world = RouterWorld(roles) { configuration in
        configuration.startup.timeout = .seconds(100)
        configuration.workers =
          entries.map { $0.map { .init(url: $0.0, role: $0.1) } }
          ?? roles.enumerated().map { .init(url: "http://w\($0):8000", role: $1) }
      }
      self.world = world
      watch = WorkerWatch(router: world.router, logger: .silent)
      let startup = StartupWatch(
        world.router.configuration, registry: world.registry, on: world.router.loop,
        logger: .silent
      ) { [unowned self] in failures.append($0) }
      self.startup = startup
      watch.start()
      startup.start()
    }

    deinit {
      watch.stop()
      startup?.stop()
    }
  }

  @Test func `a router whose worker is never healthy gives up, and names it`() {
    let start = StartWorld([.both, .both])
    for engine in start.world.engines { engine.script = { _ in [.reset] } }
    start.world.world.run(for: .seconds(99))
    #expect(start.failures.isEmpty)
    start.world.world.run(for: .seconds(2))
    #expect(
      start.failures.map(\.description) == [
        "Timeout 100s waiting for workers [http://w0:8000, http://w1:8000] to become healthy. "
          + "--worker-startup-timeout-secs sets the time."
      ])
    start.world.world.run(for: .seconds(300))
    #expect(start.failures.count == 1)
  }

  @Test func `one healthy worker of each role is enough, also if it dies again`() {
    let start = StartWorld([.prefill, .prefill, .decode])
    start.world.engines[0].script = { _ in [.reset] }
    start.world.world.run(for: .seconds(1))
    for engine in start.world.engines { engine.script = { _ in [.reset] } }
    start.world.world.run(for: .seconds(300))
    #expect(start.failures.isEmpty)
  }

  @Test func `of split pools each role is waited for, and only those that lack are named`() {
    let start = StartWorld([.prefill, .decode])
    start.world.engines[1].script = { _ in [.send(RouterWorld.answer("", status: 503))] }
    start.world.world.run(for: .seconds(101))
    #expect(start.failures.map(\.workers) == [["http://w1:8000"]])
  }

  @Test func `without workers nobody is waited for`() {
    let start = StartWorld([])
    start.world.world.run(for: .seconds(300))
    #expect(start.failures.isEmpty)
  }

  @Test func `an engine that comes later than the router is found, and only then it is ready`() {
    let start = StartWorld([.both])
    start.world.engines[0].script = { _ in [.reset] }
    start.world.world.run(for: .seconds(20))
    let early = start.world.fetch(get("/readiness"))[0]
    #expect(early.status == 503)
    #expect(start.world.fetch(get("/liveness")).map(\.status) == [200])
    start.world.engines[0].script = { _ in [.send(RouterWorld.ok)] }
    start.world.world.run(for: .seconds(35))
    #expect(start.world.fetch(get("/readiness")).map(\.status) == [200])
    start.world.world.run(for: .seconds(100))
    #expect(start.failures.isEmpty)
  }
}
