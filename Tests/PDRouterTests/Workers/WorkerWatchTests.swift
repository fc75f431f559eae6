import Logging
import Simulation
import Testing
import Vocabulary

@testable import PDRouter

struct WorkerWatchTests {
  /// A world that is watched, its workers probed every ten seconds.
  private func makeWatch(
    _ roles: [Role] = [.both], configure: (inout RouterConfiguration) -> Void = { _ in }
  ) -> (RouterWorld, WorkerWatch) {
    let world = RouterWorld(roles) {
      $0.health.interval = .seconds(10)
      configure(&$0)
    }
    return (world, WorkerWatch(router: world.router, logger: .silent))
  }

  private func probes(_ engine: ScriptedEngine) -> Int {
    engine.requests.count { $0.head[0] == "GET /health HTTP/1.1" }
  }

  @Test func `a worker that comes is probed at once, and one that leaves no more`() throws {
    let (world, watch) = makeWatch()
    let late = ScriptedEngine(on: world.world.makeHost("late")) { _ in [.send(RouterWorld.ok)] }
    watch.start()
    world.world.run(for: .seconds(5))
    #expect(probes(world.engines[0]) == 1)
    let answer = world.fetch(post("/workers", #"{"url":"http://late:8000"}"#))[0]
    #expect(answer.status == 200 && answer.body.contains(#""is_healthy":false"#))
    world.world.run(for: .milliseconds(100))
    #expect(probes(late) == 1 && world.registry.workers[1].isHealthy)
    #expect(world.fetch(get("/workers/0", method: "DELETE")).map(\.status) == [200])
    world.world.run(for: .seconds(30))
    #expect(probes(world.engines[0]) == 1 && probes(late) == 4)
    watch.stop()
    world.world.run(for: .seconds(30))
    #expect(probes(late) == 4)
  }

  @Test func `a worker that does not listen yet gets nothing, and is found within a second`() {
    let (world, watch) = makeWatch()
    watch.start()
    let host = world.world.makeHost("late")
    _ = world.fetch(post("/workers", #"{"url":"http://late:8000"}"#))
    for _ in 0..<6 { #expect(world.fetch(get("/x")).map(\.status) == [200]) }
    world.world.run(for: .seconds(5))
    #expect(!world.registry.workers[1].isHealthy && world.engines[0].requests.count >= 6)
    let late = ScriptedEngine(on: host) { _ in [.send(RouterWorld.ok)] }
    world.world.run(for: .milliseconds(1500))
    #expect(world.registry.workers[1].isHealthy)
    let before = late.requests.count
    for _ in 0..<4 { #expect(world.fetch(get("/x")).map(\.status) == [200]) }
    #expect(late.requests.count == before + 2)
    #expect(world.registry.workers.allSatisfy { $0.failedRequests == 0 })
    watch.stop()
  }
}

extension Logger {
  /// A logger that writes nothing.
  static var silent: Logger {
    Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
  }
}
