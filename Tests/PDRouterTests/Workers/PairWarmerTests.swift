import KVTransfer
import Simulation
import Testing
import Vocabulary

@testable import PDRouter

@Suite(.overBothProtocols) struct PairWarmerTests {
  private typealias Act = ScriptedEngine.Act

  private static let prefilled = RouterWorld.answer(
    #"{"kv_transfer_params":{"do_remote_prefill":true,"remote_engine_id":"e","#
      + #""remote_request_id":"r","remote_host":"h","remote_port":1,"remote_block_ids":[1]}}"#)

  /// A watched world whose engines name their model and serve both legs after `delay`.
  private func makeWorld(
    _ roles: [Role] = [.prefill, .prefill, .decode, .decode], delay: Duration = .milliseconds(200),
    configure: (inout RouterConfiguration) -> Void = { _ in }
  ) -> (RouterWorld, WorkerWatch) {
    let world = RouterWorld(roles) {
      $0.prewarmsPairs = true
      $0.health.interval = .seconds(10)
      configure(&$0)
    }
    for (number, engine) in world.engines.enumerated() {
      engine.script = { request in
        switch request.head[0].components(by: " ")[1] {
        case "/v1/models": [.send(RouterWorld.answer(#"{"data":[{"id":"the \"model\""}]}"#))]
        case "/health": [.send(RouterWorld.ok)]
        case "/version": [.send(RouterWorld.answer("", status: 404))]
        case _ where request.isRelease: [.send(RouterWorld.answer("{}", status: 404))]
        default: [.wait(delay), .send(roles[number] == .prefill ? Self.prefilled : RouterWorld.ok)]
        }
      }
    }
    return (world, WorkerWatch(router: world.router, logger: .silent))
  }

  private func legs(_ engine: ScriptedEngine) -> [ScriptedEngine.Request] {
    engine.legs.filter { $0.head[0].contains("/v1/completions") }
  }

  private func warmPairs(_ world: RouterWorld) -> [[UInt32]] {
    let workers = world.registry.workers
    return workers.flatMap { prefill in
      workers.compactMap { decode in
        world.router.workers.pairs.isWarm(prefill: prefill.id, decode: decode.id)
          ? [prefill.id.number, decode.id.number] : nil
      }
    }
  }

  @Test func `every cold pair is warmed with one request of one token through the pipeline`() {
    let (world, watch) = makeWorld()
    watch.start()
    world.world.run(for: .seconds(3))
    #expect(warmPairs(world) == [[0, 2], [0, 3], [1, 2], [1, 3]])
    #expect(world.engines.map { legs($0).count } == [2, 2, 2, 2])
    #expect(world.router.handleCounts.consumed == 4)
    let body = legs(world.engines[0])[0].body
    #expect(body.contains(#""model":"the \"model\"""#) && body.contains(#""prompt":"warm""#))
    #expect(world.requestIDs.sorted().first == "prewarm-w0-w2")
    world.expectNothingLeft()
    world.world.run(for: .seconds(30))
    #expect(world.engines.map { legs($0).count } == [2, 2, 2, 2])
    watch.stop()
  }

  @Test func `without the flag nothing is warmed`() {
    let (world, watch) = makeWorld { $0.prewarmsPairs = false }
    watch.start()
    world.world.run(for: .seconds(5))
    #expect(world.engines.allSatisfy { legs($0).isEmpty } && warmPairs(world).isEmpty)
    watch.stop()
  }

  @Test func `a worker that comes later, and one that returns, is warmed with all others`() throws {
    let (world, watch) = makeWorld([.prefill, .decode])
    watch.start()
    world.world.run(for: .seconds(2))
    let late = ScriptedEngine(on: world.world.makeHost("late"), script: world.engines[1].script)
    _ = world.fetch(post("/workers", #"{"url":"http://late:8000","worker_type":"decode"}"#))
    world.world.run(for: .seconds(2))
    #expect(warmPairs(world) == [[0, 1], [0, 2]] && legs(late).count == 1)
    let script = world.engines[0].script
    world.engines[0].script = { _ in [.reset] }
    world.world.run(for: .seconds(40))
    #expect(!world.registry.workers[0].isHealthy)
    world.engines[0].script = script
    world.world.run(for: .seconds(30))
    #expect(warmPairs(world) == [[0, 1], [0, 2]] && legs(late).count == 2)
    watch.stop()
  }

  @Test func `at most four pairs are warmed at once`() {
    let (world, watch) = makeWorld(
      [.prefill, .prefill, .prefill, .decode, .decode, .decode], delay: .seconds(2))
    watch.start()
    world.world.run(for: .seconds(1))
    #expect(world.router.liveRequests == 4)
    world.world.run(for: .seconds(20))
    #expect(warmPairs(world).count == 9)
    world.expectNothingLeft()
    watch.stop()
  }

  @Test func `a router near its limits does not warm until it has room`() {
    let (world, watch) = makeWorld([.prefill, .decode]) { $0.admission.maxConcurrentRequests = 2 }
    let script = world.engines[1].script
    world.engines[1].script = { request in
      request.head[0].contains("/slow")
        ? [.wait(.seconds(3)), .send(RouterWorld.ok)]
        : script(request)
    }
    let client = world.client(.text(get("/slow")))
    world.world.run(for: .milliseconds(100))
    watch.start()
    world.world.run(for: .seconds(2))
    #expect(warmPairs(world).isEmpty && legs(world.engines[0]).isEmpty)
    world.awaitAnswers(1, client)
    world.world.run(for: .seconds(3))
    #expect(warmPairs(world) == [[0, 1]])
    watch.stop()
  }

  /// Engines that fail a warming in one way or another: no model, no answer, none in time.
  @Test(arguments: [0, 1, 2, 3])
  func `a pair that cannot be warmed stays cold, and nothing is left of the attempt`(
    manner: Int
  ) {
    let (world, watch) = makeWorld([.prefill, .decode])
    let script = world.engines[0].script
    world.engines[0].script = { request in
      let isModels = request.head[0].contains("/v1/models")
      let isLeg = request.head[0].contains("/v1/completions")
      return switch manner {
      case 0 where isModels: [.send(RouterWorld.answer("{}"))]
      case 1 where isModels: []
      case 2 where isLeg: [.reset]
      case 3 where isLeg: []
      default: script(request)
      }
    }
    watch.start()
    world.world.run(for: .seconds(45))
    #expect(warmPairs(world).isEmpty)
    world.expectNothingLeft()
    watch.stop()
  }

  @Test func `a watch that stops lets prefill end, and what it made is given back`() {
    let (world, watch) = makeWorld([.prefill, .decode], delay: .seconds(20))
    watch.start()
    world.world.run(for: .seconds(1))
    #expect(world.router.liveRequests == 1)
    watch.stop()
    #expect(world.router.liveRequests == 1 && !world.hasLost(0, at: 0))
    world.expectAllGivenBack(within: .seconds(45))
    #expect(world.records.map(\.outcome) == [.clientGone])
    #expect(world.router.handleCounts.releasedBy[.rejectedRequest] == 1)
  }

  @Test func `a watch that stops while decode has the handle closes its leg at once`() {
    let (world, watch) = makeWorld([.prefill, .decode], delay: .seconds(1))
    watch.start()
    world.world.run(for: .milliseconds(1_500))
    #expect(legs(world.engines[1]).count == 1)
    watch.stop()
    #expect(world.router.liveRequests == 0)
    world.expectAllGivenBack()
    #expect(world.records.map(\.outcome) == [.clientGone])
    #expect(world.router.handleCounts.releasedBy[.decodeAbort] == 1)
  }
}
