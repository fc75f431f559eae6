import KVTransfer
import Logging
import Policies
import Simulation
import Testing
import Vocabulary

@testable import PDRouter

/// The key that workers are sent: on everything that goes to a worker.
struct WorkerKeyTests {
  private static let right = "authorization: Bearer worker-key"

  /// Engines that answer everything that a router asks, slowly where something is computed.
  private func makeWorld(
    _ roles: [Role], delay: Duration = .milliseconds(100),
    _ configure: (inout RouterConfiguration) -> Void = { _ in }
  ) -> (RouterWorld, WorkerWatch) {
    let world = RouterWorld(roles) {
      $0.clients.workerKey = "worker-key"
      $0.health.interval = .seconds(2)
      $0.loadCheckInterval = .seconds(1)
      $0.policy = .kvAware
      configure(&$0)
    }
    for (number, engine) in world.engines.enumerated() {
      engine.script = { request in
        switch request.head[0].components(by: " ")[1] {
        case "/v1/models": [.send(RouterWorld.answer(#"{"data":[{"id":"m"}]}"#))]
        case "/health", "/metrics": [.send(RouterWorld.ok)]
        case "/version": [.send(RouterWorld.answer(#"{"version":"0.32.0"}"#))]
        case _ where request.isRelease: [.send(RouterWorld.answer("{}", status: 404))]
        default:
          [
            .wait(delay),
            .send(roles[number] == .prefill ? SplitWorld.prefilled(number) : RouterWorld.ok),
          ]
        }
      }
    }
    return (world, WorkerWatch(router: world.router, logger: .silent))
  }

  /// Expects the key once on all that was asked for, and that the paths were among that.
  private func expectKey(
    on requests: [ScriptedEngine.Request], paths: [String],
    _ location: SourceLocation = #_sourceLocation
  ) {
    for request in requests {
      let lines = request.head.filter { $0.lowercased().hasPrefix("authorization") }
      #expect(lines == [Self.right], "\(request.head[0])", sourceLocation: location)
      #expect(!request.text.contains("client-token"), sourceLocation: location)
    }
    let asked = Set(requests.map { $0.head[0].components(by: " ")[1] })
    for path in paths { #expect(asked.contains(path), "\(path)", sourceLocation: location) }
  }

  private static let fields = "Authorization: Bearer client-token\r\n"

  @Test func `a single pool's probes, questions and requests carry it, not the client's`() {
    let (world, watch) = makeWorld([.both])
    watch.start()
    #expect(world.fetch(post("/v1/completions", "{}", Self.fields)).map(\.status) == [200])
    #expect(world.fetch(get("/tokenize?x", Self.fields)).map(\.status) == [200])
    #expect(world.fetch(get("/v1/models")).map(\.status) == [200])
    world.world.run(for: .seconds(3))
    expectKey(
      on: world.engines[0].requests,
      paths: ["/health", "/metrics", "/v1/completions", "/tokenize?x", "/v1/models"])
    watch.stop()
  }

  @Test func `split pools' legs, releases, checks and warming requests carry it`() {
    let (world, watch) = makeWorld([.prefill, .decode, .decode], delay: .milliseconds(300)) {
      $0.prewarmsPairs = true
    }
    watch.start()
    world.world.run(for: .seconds(2))
    let chat = post("/v1/chat/completions", chatBody, Self.fields)
    #expect(world.fetch(chat).map(\.status) == [200])
    // Gone while prefill computes: given back by a refused request; while decode computes: checked.
    for delay in [100, 450] {
      _ = world.client(.text(chat), .wait(.milliseconds(delay)), .hangUp(.reset))
      world.world.run(for: .seconds(3))
    }
    #expect(!world.releases.isEmpty)
    #expect(world.router.releases.counts.checks > 0)
    expectKey(
      on: world.engines[0].requests,
      paths: ["/health", "/version", "/v1/models", "/v1/completions", "/v1/chat/completions"])
    expectKey(
      on: world.engines[1].requests + world.engines[2].requests,
      paths: ["/health", "/version", "/v1/completions", "/v1/chat/completions"])
    world.expectAllGivenBack()
    watch.stop()
  }

  @Test func `a bootstrap server is sent it too`() {
    let (world, watch) = makeWorld([.prefill, .decode]) { $0.connector = .mooncake }
    let server = ScriptedEngine(on: world.engines[0].loop.host, port: 8998, isHTTP2: false) { _ in
      [.send(RouterWorld.answer(#"{"0":{"engine_id":"a"}}"#))]
    }
    watch.start()
    world.world.run(for: .seconds(3))
    expectKey(on: server.requests, paths: ["/query"])
    watch.stop()
  }

  @Test func `a call that ends a request by name carries it`() {
    let (world, watch) = makeWorld([.prefill, .decode], delay: .milliseconds(300)) {
      $0.connector = .sglang
    }
    watch.start()
    world.world.run(for: .seconds(1))
    _ = world.client(
      .text(post("/v1/chat/completions", chatBody, Self.fields)), .wait(.milliseconds(100)),
      .hangUp(.reset))
    world.world.run(for: .seconds(3))
    expectKey(on: world.engines[0].requests, paths: ["/abort_request"])
    expectKey(on: world.engines[1].requests, paths: [])
    watch.stop()
  }

  @Test func `workers that come later are sent it`() {
    let (world, watch) = makeWorld([.both])
    watch.start()
    let late = ScriptedEngine(on: world.world.makeHost("late"), script: world.engines[0].script)
    #expect(world.fetch(post("/workers", #"{"url":"http://late:8000"}"#)).map(\.status) == [200])
    world.world.run(for: .seconds(2))
    expectKey(on: late.requests, paths: ["/health"])
    #expect(!world.fetch(get("/workers"))[0].body.contains("worker-key"))
    watch.stop()
  }

  @Test func `without it releases carry the client's own`() {
    let (world, watch) = makeWorld([.prefill, .decode]) { $0.clients.workerKey = nil }
    watch.start()
    world.world.run(for: .seconds(1))
    _ = world.client(
      .text(post("/v1/chat/completions", chatBody, Self.fields)), .wait(.milliseconds(50)),
      .hangUp(.reset))
    world.world.run(for: .seconds(3))
    #expect(!world.releases.isEmpty)
    for release in world.releases {
      #expect(release.field("authorization") == "Bearer client-token")
    }
    watch.stop()
  }

  @Test func `a key of ours is not in releases`() {
    let (world, watch) = makeWorld([.prefill, .decode]) {
      $0.clients.workerKey = nil
      $0.clients.keys = ["client-token"]
    }
    watch.start()
    world.world.run(for: .seconds(1))
    _ = world.client(
      .text(post("/v1/chat/completions", chatBody, Self.fields)), .wait(.milliseconds(50)),
      .hangUp(.reset))
    world.world.run(for: .seconds(3))
    #expect(!world.releases.isEmpty)
    for engine in world.engines {
      #expect(engine.requests.allSatisfy { !$0.text.contains("client-token") })
    }
    watch.stop()
  }
}
