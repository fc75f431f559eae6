import Logging
import Policies
import Simulation
import Testing
import Vocabulary

@testable import PDRouter

struct SlowStartingWorkerTests {
  /// How many of `count` choices at `now` go to each worker.
  private func shares(
    _ count: Int, _ workers: LoopWorkers, at now: Instant
  ) -> [UInt32: Int] {
    var seat = PolicySeat(PolicyName.random.make())
    var generator = SplitMix64(seed: 5)
    var shares: [UInt32: Int] = [:]
    for _ in 0..<count {
      let chosen = workers.choose(
        .serving, by: &seat, for: RequestTraits(promptTokens: .zero), except: TriedWorkers(),
        now: now, using: &generator)
      if let chosen { shares[chosen.worker.id.number, default: 0] += 1 }
    }
    return shares
  }

  private func second(_ number: Double) -> Instant { .zero + .seconds(number) }

  // Of two workers, one with a share s has s/(1 + s) of the choices: 1/11, 0.55/1.55, a half.
  @Test(arguments: [(0, 1.0 / 11), (15, 0.55 / 1.55), (30, 0.5)] as [(Double, Double)])
  func `a worker that comes back is given its share, and grows`(after: Double, share: Double) {
    let registry = makeRegistry([.both, .both])
    let workers = LoopWorkers(registry: registry, slowStart: SlowStart(over: .seconds(30)))
    let ill = registry.workers[1]
    #expect(ill.setHealthy(false, now: second(50)) && ill.startedAt == nil)
    #expect(ill.setHealthy(true, now: second(100)) && ill.startedAt == second(100))
    registry.noteChange()
    let got = Double(shares(4000, workers, at: second(100 + after))[1] ?? 0) / 4000
    #expect(abs(got - share) < 0.03)
  }

  @Test func `workers of the start, and all without slow start, have their whole part`() {
    let registry = makeRegistry([.both, .both])
    let slow = LoopWorkers(registry: registry, slowStart: SlowStart(over: .seconds(30)))
    #expect((900...1100).contains(shares(2000, slow, at: second(0.5))[1] ?? 0))
    _ = registry.workers[1].setHealthy(false)
    _ = registry.workers[1].setHealthy(true, now: second(10))
    registry.noteChange()
    let off = LoopWorkers(registry: registry)
    #expect((900...1100).contains(shares(2000, off, at: second(10))[1] ?? 0))
  }

  @Test func `a worker added later starts with its first good probe`() {
    let world = RouterWorld([.both]) {
      $0.health.interval = .seconds(5)
      $0.policySettings.slowStart = .seconds(60)
    }
    let watch = WorkerWatch(router: world.router, logger: .silent)
    watch.start()
    let late = ScriptedEngine(on: world.world.makeHost("late")) { _ in [.send(RouterWorld.ok)] }
    _ = world.fetch(post("/workers", #"{"url":"http://late:8000"}"#))
    world.world.run(for: .seconds(3))
    #expect(late.requests.count { $0.head[0] == "GET /health HTTP/1.1" } == 1)
    let workers = world.registry.workers
    #expect(workers[0].startedAt == nil && workers[1].startedAt != nil)
    #expect((workers[1].startedAt ?? .distantFuture) <= world.world.now)
    watch.stop()
  }
}
