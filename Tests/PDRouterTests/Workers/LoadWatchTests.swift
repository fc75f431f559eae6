import Logging
import Policies
import Simulation
import Testing
import Vocabulary

@testable import PDRouter

@Suite(.overBothProtocols) struct LoadWatchTests {
  private func metrics(running: Int, waiting: Int = 0, usage: Double = 0) -> String {
    RouterWorld.answer(
      """
      vllm:num_requests_running{engine="0",model_name="m"} \(running).0
      vllm:num_requests_waiting{engine="0",model_name="m"} \(waiting).0
      vllm:kv_cache_usage_perc{engine="0",model_name="m"} \(usage)

      """)
  }

  /// A world whose engines tell `figures` of themselves, which may change.
  private func makeWorld(
    _ roles: [Role] = [.both, .both], policy: PolicyName = .leastLoad,
    figures: @escaping (Int) -> String?, configure: (inout RouterConfiguration) -> Void = { _ in }
  ) -> (RouterWorld, WorkerWatch) {
    let world = RouterWorld(roles) {
      $0.policy = policy
      configure(&$0)
    }
    for (number, engine) in world.engines.enumerated() {
      engine.script = { request in
        guard request.head[0].contains("/metrics") else { return [.send(RouterWorld.ok)] }
        return figures(number).map { [.send($0)] } ?? [.reset]
      }
    }
    return (world, WorkerWatch(router: world.router, logger: .silent))
  }

  private func scrapes(_ engine: ScriptedEngine) -> Int {
    engine.requests.count { $0.head[0] == "GET /metrics HTTP/1.1" }
  }

  private func load(_ world: RouterWorld, _ number: Int) -> ReportedLoad? {
    world.registry.workers[number].loadReport?.load(at: world.world.now)
  }

  @Test func `engines are asked at once and then at the interval, each at its own time`() {
    let (world, watch) = makeWorld(figures: { _ in metrics(running: 4, waiting: 2, usage: 0.5) })
    watch.start()
    world.world.run(for: .milliseconds(500))
    #expect(world.engines.map(scrapes) == [1, 1])
    #expect(
      load(world, 0)
        == ReportedLoad(foreignRequests: 6, running: 4, waiting: 2, kvUsage: 0.5))
    world.world.run(for: .seconds(60))
    for engine in world.engines { #expect((6...8).contains(scrapes(engine))) }
    watch.stop()
    let before = world.engines.map(scrapes)
    world.world.run(for: .seconds(60))
    #expect(world.engines.map(scrapes) == before)
  }

  @Test(
    arguments: [
      (PolicyName.roundRobin, 10, false), (.random, 10, false), (.leastLoad, 0, false),
      (.leastLoad, 10, true), (.powerOfTwo, 10, true), (.kvLoad, 10, true), (.kvAware, 10, true),
    ])
  func `only what a policy needs is asked for`(policy: PolicyName, seconds: Int, isAsked: Bool) {
    let (world, watch) = makeWorld(policy: policy, figures: { _ in metrics(running: 0) }) {
      $0.loadCheckInterval = .seconds(seconds)
    }
    watch.start()
    world.world.run(for: .seconds(30))
    #expect(world.engines.allSatisfy { (scrapes($0) > 0) == isAsked })
    watch.stop()
  }

  @Test func `an engine that tells nothing any more is believed for three intervals`() {
    var isSilent = false
    let (world, watch) = makeWorld(figures: { number in
      isSilent ? nil : metrics(running: number == 0 ? 9 : 0)
    })
    watch.start()
    world.world.run(for: .seconds(1))
    isSilent = true
    world.world.run(for: .seconds(27))
    #expect(load(world, 0)?.foreignRequests == 9)
    world.world.run(for: .seconds(4))
    #expect(load(world, 0) == nil && load(world, 1) == nil)
    isSilent = false
    world.world.run(for: .seconds(12))
    #expect(load(world, 0)?.foreignRequests == 9)
    watch.stop()
  }

  @Test func `our own requests are not taken for others'`() {
    var running = 0
    let (world, watch) = makeWorld([.both], figures: { _ in metrics(running: running) })
    let worker = world.registry.workers[0]
    for _ in 0..<3 { worker.reserve(.zero) }
    running = 5
    watch.start()
    world.world.run(for: .seconds(1))
    #expect(load(world, 0)?.foreignRequests == 2)
    for _ in 0..<3 { worker.release(.zero) }
    world.world.run(for: .seconds(10))
    #expect(load(world, 0)?.foreignRequests == 5)
    watch.stop()
  }

  @Test func `workers at one URL are one engine, asked once`() throws {
    let (world, watch) = makeWorld(
      [.prefill, .decode], figures: { _ in metrics(running: 7) })
    let base = world.registry.workers[0].url
    world.registry.add(base, role: .decode)
    world.registry.workers[2].reserve(.zero)
    watch.start()
    world.world.run(for: .seconds(1))
    #expect(scrapes(world.engines[0]) == 1)
    #expect([0, 1, 2].map { load(world, $0)?.foreignRequests } == [6, 7, 6])
    world.registry.workers[2].release(.zero)
    #expect(world.registry.remove(world.registry.workers[0].id))
    world.world.run(for: .seconds(20))
    #expect(scrapes(world.engines[0]) == 3 && load(world, 1)?.foreignRequests == 7)
    watch.stop()
  }

  @Test func `an unhealthy engine is not asked, and asked soon after it is back`() {
    let (world, watch) = makeWorld([.both], figures: { _ in nil }) {
      $0.loadCheckInterval = .seconds(20)
    }
    var isIll = true
    let figures = metrics(running: 1)
    world.engines[0].script = { request in
      guard !request.head[0].contains("/metrics") else { return [.send(figures)] }
      return [.send(RouterWorld.answer("", status: isIll ? 503 : 200))]
    }
    // One that was never healthy is probed every second.
    _ = world.registry.workers[0].setHealthy(false)
    watch.start()
    world.world.run(for: .seconds(10))
    #expect(scrapes(world.engines[0]) == 0)
    isIll = false
    world.world.run(for: .milliseconds(2500))
    #expect(scrapes(world.engines[0]) == 1)
    watch.stop()
  }

  @Test func `every loop sees a report with its next choice`() {
    let (world, watch) = makeWorld(figures: { metrics(running: $0 == 0 ? 9 : 0) })
    let second = SecondLoop(of: world)
    func chosen(_ router: RouterLoop) -> Set<UInt32?> {
      var traits = RequestTraits(promptTokens: .zero)
      return Set(
        (0..<20).map { _ in
          router.choose(.serving, for: &traits, except: TriedWorkers())?.worker.id.number
        })
    }
    #expect(chosen(world.router) == [0, 1] && chosen(second.router) == [0, 1])
    watch.start()
    world.world.run(for: .seconds(1))
    #expect(chosen(world.router) == [1] && chosen(second.router) == [1])
    world.engines[0].script = { _ in [.reset] }
    world.engines[1].script = { _ in [.reset] }
    world.world.run(for: .seconds(35))
    for worker in world.registry.workers { #expect(worker.isHealthy) }
    #expect(chosen(world.router) == [0, 1] && chosen(second.router) == [0, 1])
    watch.stop()
  }
}
