import Logging
import Policies
import Simulation
import Testing
import Vocabulary

@testable import PDRouter

@Suite(.overBothProtocols) struct WorkerWatchTests {
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
    let before = probes(world.engines[0])
    world.world.run(for: .seconds(30))
    let count = probes(late)
    #expect(probes(world.engines[0]) == before && (4...5).contains(count))
    watch.stop()
    world.world.run(for: .seconds(30))
    #expect(probes(late) == count)
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

  @Test func `versions are learned where nobody gave a key, and keep unlike workers apart`() {
    let (world, watch) = makeWatch([.prefill, .prefill, .decode])
    var versions = ["1", "2", "2"]
    for (number, engine) in world.engines.enumerated() {
      engine.script = { request in
        request.head[0].contains("/version")
          ? [.send(RouterWorld.answer(#"{"version":"\#(versions[number])"}"#))]
          : [.send(RouterWorld.ok)]
      }
    }
    watch.start()
    world.world.run(for: .seconds(1))
    #expect(world.registry.workers.map(\.version) == ["1", "2", "2"])
    #expect(world.fetch(get("/workers/1"))[0].body.contains(#""version":"2""#))
    func prefills() -> Set<UInt32?> {
      var traits = RequestTraits(promptTokens: .zero)
      let pairs = (0..<10).map { _ in
        world.router.choosePair(for: &traits, except: TriedWorkers())
      }
      return Set(pairs.map { $0?.prefill.worker.id.number })
    }
    #expect(prefills() == [1])
    versions = ["2", "2", "2"]
    world.world.run(for: .seconds(10))
    #expect(prefills() == [0, 1])
    watch.stop()
  }

  @Test func `a worker with a key, or of a single pool, is not asked for its version`() throws {
    let (pool, poolWatch) = makeWatch([.both])
    poolWatch.start()
    let (world, watch) = makeWatch([.prefill, .decode])
    let keyed = ScriptedEngine(on: world.world.makeHost("keyed")) { _ in [.send(RouterWorld.ok)] }
    world.registry.add(
      try WorkerURL("http://keyed:8000"), role: .decode, details: WorkerDetails(key: "k"))
    watch.start()
    for world in [pool, world] { world.world.run(for: .seconds(1)) }
    for engine in [pool.engines[0], keyed] {
      #expect(
        engine.requests.map(\.head[0]) == ["GET /health HTTP/1.1", "GET /v1/models HTTP/1.1"])
    }
    #expect(world.registry.workers.allSatisfy { $0.version == nil })
    poolWatch.stop()
    watch.stop()
  }

  @Test func `a worker that returns has met nobody, in any loop`() {
    let (world, watch) = makeWatch([.prefill, .decode])
    let second = SecondLoop(of: world)
    let (p, d) = (world.registry.workers[0].id, world.registry.workers[1].id)
    world.router.noteTransferSuccess(prefill: p, decode: d)
    world.world.run(for: .milliseconds(10))
    for router in [world.router, second.router] {
      #expect(router.workers.pairs.isWarm(prefill: p, decode: d))
    }
    watch.start()
    world.engines[1].script = { _ in [.reset] }
    world.world.run(for: .seconds(35))
    #expect(!world.registry.workers[1].isHealthy)
    world.engines[1].script = { _ in [.send(RouterWorld.ok)] }
    world.world.run(for: .seconds(20))
    #expect(world.registry.workers[1].isHealthy)
    for router in [world.router, second.router] {
      #expect(!router.workers.pairs.isWarm(prefill: p, decode: d))
    }
    watch.stop()
  }

  @Test(arguments: [false, true])
  func `a broken request makes its engine be probed at once, and that not too often`(
    elsewhere: Bool
  ) {
    let (world, watch) = makeWatch([.both, .both]) { $0.health.interval = .seconds(60) }
    let second = SecondLoop(of: world)
    let engine = world.engines[0]
    watch.start()
    world.world.run(for: .seconds(2))
    #expect(probes(engine) == 1)
    engine.script = { request in
      [request.head[0].hasPrefix("POST") ? .reset : .send(RouterWorld.ok)]
    }
    let text = post("/v1/completions", #"{"model":"m","prompt":"p"}"#)
    func ask() {
      _ = elsewhere ? second.client(.text(text)) : world.client(.text(text))
    }
    ask()
    ask()
    world.world.run(for: .milliseconds(100))
    #expect(probes(engine) == 2)
    for _ in 0..<50 {
      ask()
      world.world.run(for: .milliseconds(60))
    }
    #expect((4...9).contains(probes(engine)) && world.registry.workers[0].isHealthy)
    let before = probes(engine)
    world.world.run(for: .seconds(25))
    // One for the last doubt, and one for those that came while it was under way.
    #expect(probes(engine) <= before + 2)
    watch.stop()
  }
}

extension Logger {
  /// A logger that writes nothing.
  static var silent: Logger {
    Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
  }
}
