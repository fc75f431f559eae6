import Logging
import Policies
import Simulation
import Testing
import Vocabulary

@testable import PDRouter

private let body = #"{"model":"m","prompt":"some words"}"#
private let completion = post("/v1/completions", body)
private let failing = RouterWorld.answer(#"{"error":{}}"#, status: 500)

/// Workers that fail requests, before a whole router.
@Suite(.overBothProtocols) struct BreakerTests {
  private func makeWorld(
    _ roles: [Role], _ configure: (inout RouterConfiguration) -> Void = { _ in }
  ) -> RouterWorld {
    RouterWorld(roles) {
      $0.breaker.failureThreshold = 3
      $0.breaker.successThreshold = 2
      $0.breaker.timeout = .seconds(20)
      configure(&$0)
    }
  }

  private func ask(_ count: Int, _ world: RouterWorld) -> [Int] {
    (0..<count).flatMap { _ in world.fetch(completion).map(\.status) }
  }

  private func states(_ world: RouterWorld) -> [BreakerState] {
    world.registry.workers.map(\.breaker.state)
  }

  private func metrics(_ world: RouterWorld) -> PrometheusText {
    PrometheusText(
      MetricsText(loops: [world.metrics], workers: world.registry.workers, now: .zero).write().text)
  }

  @Test func `a worker that answers 500 is ejected, and let back by a trickle`() {
    let world = makeWorld([.both, .both, .both])
    world.engines[0].script = { _ in [.send(failing)] }
    #expect(ask(30, world) == Array(repeating: 200, count: 30))
    #expect(world.engines[0].legs.count == 3)
    #expect(states(world) == [.ejected, .admitting, .admitting])
    #expect(world.fetch(get("/workers/0"))[0].body.contains(#""circuit_state":"open""#))
    #expect(world.fetch(get("/readiness"))[0].body.contains(#""healthy_workers":3"#))
    #expect(world.fetch(get("/health")).map(\.status) == [200])

    world.engines[0].script = { _ in [.wait(.seconds(1)), .send(RouterWorld.ok)] }
    world.world.run(for: .seconds(20))
    let clients = (0..<30).map { _ in world.client(.text(completion)) }
    world.world.run(for: .milliseconds(500))
    #expect(states(world)[0] == .probing && world.engines[0].legs.count == 5)
    #expect(world.fetch(get("/workers/0"))[0].body.contains(#""circuit_state":"half_open""#))
    for client in clients { #expect(world.awaitAnswers(1, client)) }
    #expect(states(world)[0] == .admitting)
    #expect(world.registry.workers[0].startedAt != nil)
    #expect(ask(9, world) == Array(repeating: 200, count: 9))
    #expect(world.engines[0].legs.count == 8)
    world.expectNothingLeft()
  }

  @Test func `what happens is told in metrics`() {
    let world = makeWorld([.both, .both])
    let label = #"worker="http://w0:8000""#
    func change(_ from: String, _ to: String) -> Double? {
      metrics(world)[
        "vllm_router_cb_state_transitions_total{\(label),from=\"\(from)\",to=\"\(to)\"}"]
    }
    func outcomes(_ outcome: String) -> Double? {
      metrics(world)["vllm_router_cb_outcomes_total{\(label),outcome=\"\(outcome)\"}"]
    }
    #expect(metrics(world).faults == [] && change("closed", "open") == nil)
    #expect(ask(4, world).count == 4 && outcomes("success") == 2 && outcomes("failure") == 0)
    world.engines[0].script = { _ in [.send(failing)] }
    _ = ask(8, world)
    #expect(metrics(world)["vllm_router_cb_state{\(label)}"] == 1)
    #expect(change("closed", "open") == 1 && outcomes("failure") == 3)
    world.world.run(for: .seconds(21))
    #expect(metrics(world)["vllm_router_cb_state{\(label)}"] == 2)
    _ = ask(4, world)
    #expect(change("open", "half_open") == 1 && change("half_open", "open") == 1)
    world.engines[0].script = { _ in [.send(RouterWorld.ok)] }
    world.world.run(for: .seconds(41))
    _ = ask(8, world)
    #expect(change("half_open", "closed") == 1)
    #expect(metrics(world)["vllm_router_cb_state{\(label)}"] == 0)
    #expect(metrics(world).faults == [])
  }

  @Test(arguments: [400, 401, 404, 408, 422, 429, 501])
  func `refusals of a request say nothing of the worker`(status: Int) {
    let world = makeWorld([.both, .both]) { $0.breaker.failureThreshold = 1 }
    for engine in world.engines {
      engine.script = { _ in [.send(RouterWorld.answer("{}", status: status))] }
    }
    _ = ask(6, world)
    #expect(states(world) == [.admitting, .admitting])
    #expect(world.registry.workers.allSatisfy { $0.breaker.failures == 0 })
    world.expectNothingLeft()
  }

  @Test func `clients that hang up say nothing of the worker`() {
    let world = makeWorld([.both]) { $0.breaker.failureThreshold = 1 }
    world.engines[0].script = { _ in [.wait(.seconds(5)), .send(RouterWorld.ok)] }
    for _ in 0..<5 {
      let client = world.client(.text(completion))
      world.world.run(for: .milliseconds(100))
      client.hangUp(.reset)
      world.world.run(for: .milliseconds(100))
    }
    #expect(states(world) == [.admitting] && world.registry.workers[0].breaker.failures == 0)
    world.expectNothingLeft()
  }

  /// Ways to fail a request, the last three after its answer has begun.
  private static let manners: [[ScriptedEngine.Act]] = [
    [.reset], [.close], [.send("no HTTP\r\n\r\n")], [.send(failing)],
    [.send(stream("data: {\"error\":{\"code\":500}}\n\n"))],
    [.send(stream(token, isWhole: false)), .wait(.milliseconds(10)), .reset],
    [.send(stream(token + "data: {\"error\":{\"code\":500}}\n\ndata: [DONE]\n\n"))],
    [
      .send("HTTP/1.1 200 OK\r\ncontent-length: 200000\r\n\r\n"),
      .send(String(repeating: "x", count: 90_000)), .wait(.milliseconds(10)), .reset,
    ],
  ]
  private static let token =
    "data: {\"choices\":[{\"index\":0,\"text\":\"word\",\"finish_reason\":null}]}\n\n"

  private static func stream(_ events: String, isWhole: Bool = true) -> String {
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
      + "\(String(events.utf8.count, radix: 16))\r\n\(events)\r\n" + (isWhole ? "0\r\n\r\n" : "")
  }

  @Test(arguments: manners.indices)
  func `whichever way a worker fails its requests, it is ejected`(manner: Int) {
    let world = makeWorld([.both, .both])
    world.engines[0].script = { _ in BreakerTests.manners[manner] }
    for _ in 0..<12 { _ = world.fetch(completion) }
    #expect(states(world) == [.ejected, .admitting])
    #expect(world.engines[0].legs.count == 3)
    world.expectNothingLeft()
  }

  @Test func `a worker of which half the requests succeed is not ejected`() {
    let world = makeWorld([.both, .both])
    world.engines[0].script = { [engine = world.engines[0]] _ in
      [.send(engine.legs.count % 2 == 0 ? RouterWorld.ok : failing)]
    }
    #expect(ask(24, world).allSatisfy { $0 == 200 })
    #expect(states(world)[0] == .admitting && world.engines[0].legs.count > 8)
    world.engines[0].script = { _ in [] }
  }

  @Test func `without a breaker nobody is ejected, and nothing is counted`() {
    let world = makeWorld([.both, .both]) { $0.breaker.isOff = true }
    world.engines[0].script = { _ in [.send(failing)] }
    #expect(ask(20, world).allSatisfy { $0 == 200 })
    #expect(states(world) == [.admitting, .admitting] && world.engines[0].legs.count >= 10)
    #expect(world.registry.workers.allSatisfy { $0.breaker.failures + $0.breaker.successes == 0 })
  }

  @Test func `when too few are eligible, ejections are overlooked; without that nobody is left`() {
    for threshold in [30, 0] {
      let world = makeWorld([.both, .both, .both]) {
        $0.breaker.panicThreshold = threshold
        // Nobody waits until a worker comes back.
        $0.admission.queueSize = 0
      }
      for engine in world.engines { engine.script = { _ in [.send(failing)] } }
      let statuses = ask(12, world)
      #expect(states(world) == [.ejected, .ejected, .ejected])
      #expect(statuses.suffix(3) == (threshold > 0 ? [500, 500, 500] : [503, 503, 503]))
      #expect(world.router.workers.overlooksEjections(.serving) == (threshold > 0))
      #expect((metrics(world)["vllm_router_panic_choices_total"] ?? 0 > 0) == (threshold > 0))
      // All come back at the same time: nobody is refused for the sake of the trickle.
      for engine in world.engines {
        engine.script = { _ in [.wait(.seconds(1)), .send(RouterWorld.ok)] }
      }
      world.world.run(for: .seconds(21))
      let clients = (0..<30).map { _ in world.client(.text(completion)) }
      for client in clients { #expect(world.awaitAnswers(1, client)) }
      let served = clients.filter { world.answer(to: $0)?.status == 200 }.count
      #expect(served == (threshold > 0 ? 30 : 6))
      #expect(ask(1, world) == [200] && !world.router.workers.overlooksEjections(.serving))
      world.expectNothingLeft()
    }
  }

  @Test func `panic begins below its share, and lets nobody in that probes find unhealthy`() {
    let registry = makeRegistry(Array(repeating: .both, count: 10))
    let workers = LoopWorkers(registry: registry, panicThreshold: 30)
    var trial = BreakerTrial.none
    func eject(_ worker: Worker, _ failure: BreakerFailure = .answer) {
      var settings = BreakerSettings()
      settings.failureThreshold = 1
      _ = worker.breaker.noteFailure(failure, &trial, now: .zero, by: settings)
      registry.noteChange()
    }
    func look() -> (Bool, Int) {
      workers.refresh()
      return (workers.overlooksEjections(.serving), workers.serving.workers.count)
    }
    for number in 0..<5 { eject(registry.workers[number]) }
    #expect(look() == (false, 5))
    for number in 5..<7 { _ = registry.workers[number].setHealthy(false) }
    registry.noteChange()
    #expect(look() == (false, 3))
    eject(registry.workers[7])
    #expect(look() == (true, 8))
    // One that drains is not counted among those that could be eligible.
    for number in 0..<4 { _ = registry.setDraining(true, registry.workers[number].id) }
    #expect(look() == (false, 2))
    // Who is ejected for broken connections is probed and may be back in a second.
    for number in 8..<10 { eject(registry.workers[number], .connection) }
    #expect(look() == (true, 2))
    for number in [4, 7] { _ = registry.setDraining(true, registry.workers[number].id) }
    #expect(look() == (false, 0))
  }

  @Test func `prefill workers that fail are ejected, and decode is not blamed`() {
    let world = makeSplitWorld(prefill: 2, decode: 1) { $0.breaker.failureThreshold = 3 }
    world.engines[0].script = { _ in [.send(failing)] }
    for _ in 0..<12 {
      #expect(world.fetch(post("/v1/chat/completions", chatBody))[0].status == 200)
    }
    #expect(states(world) == [.ejected, .admitting, .admitting])
    #expect(world.engines[0].legs.count == 3)
    world.expectAllGivenBack()
  }

  @Test func `decode workers are not ejected for what one prefill worker's handles come to`() {
    let world = makeSplitWorld(prefill: 2, decode: 2) { $0.breaker.failureThreshold = 1 }
    for number in 2...3 {
      world.engines[number].script = { request in
        let fails = SplitWorld.origin(request) == 0 && !request.isRelease
        return [.send(fails ? failing : RouterWorld.ok)]
      }
    }
    for _ in 0..<12 {
      #expect(world.fetch(post("/v1/chat/completions", chatBody))[0].status == 200)
    }
    #expect(states(world) == Array(repeating: .admitting, count: 4))
    #expect(world.registry.workers[2].breaker.failures > 0)
    world.expectAllGivenBack()
  }

  @Test func `a decode worker that fails with any handle is ejected`() {
    let world = makeSplitWorld(prefill: 3, decode: 2) { $0.breaker.failureThreshold = 4 }
    world.engines[3].script = { _ in [.send(failing)] }
    for _ in 0..<20 {
      #expect(world.fetch(post("/v1/chat/completions", chatBody))[0].status == 200)
    }
    #expect(states(world) == [.admitting, .admitting, .admitting, .ejected, .admitting])
    world.expectAllGivenBack()
  }

  @Test func `loops share what they know of a worker`() {
    let world = makeWorld([.both, .both])
    let second = SecondLoop(of: world)
    world.engines[0].script = { _ in [.send(failing)] }
    #expect(ask(8, world).allSatisfy { $0 == 200 })
    let before = world.engines[0].legs.count
    for _ in 0..<6 {
      let client = second.client(.text(completion))
      #expect(world.awaitAnswers(1, client))
    }
    #expect(world.engines[0].legs.count == before && before == 3)
  }

  @Test func `a worker ejected for broken connections is back once it answers a probe`() {
    let world = makeWorld([.both, .both])
    let watch = WorkerWatch(router: world.router, logger: .silent)
    watch.start()
    world.world.run(for: .seconds(2))
    world.engines[0].script = { [$0.head[0].hasPrefix("POST") ? .reset : .send(RouterWorld.ok)] }
    #expect(ask(8, world).allSatisfy { $0 == 200 })
    #expect(states(world)[0] == .ejected)
    world.engines[0].script = { _ in [.send(RouterWorld.ok)] }
    world.world.run(for: .milliseconds(2100))
    #expect(states(world)[0] == .probing)
    #expect(ask(4, world).allSatisfy { $0 == 200 } && states(world)[0] == .admitting)
    watch.stop()
  }

  @Test func `who waits for a trial's first token leaves room for the next when it has come`() {
    let world = makeWorld([.both, .both])
    world.engines[0].script = { _ in [.send(failing)] }
    _ = ask(8, world)
    world.world.run(for: .seconds(20))
    let long = BreakerTests.stream(BreakerTests.token, isWhole: false)
    world.engines[0].script = { _ in [.send(long)] }
    let before = world.engines[0].legs.count
    let clients = (0..<4).map { _ in world.client(.text(completion)) }
    world.world.run(for: .milliseconds(200))
    // Two first tokens admit it, though neither stream has ended.
    #expect(states(world)[0] == .admitting && world.engines[0].legs.count >= before + 2)
    for client in clients { client.hangUp(.reset) }
    world.world.run(for: .seconds(1))
    world.expectNothingLeft()
  }

  @Test func `the watching loop says who is ejected, and when ejections are overlooked`() {
    let world = makeWorld([.both, .both]) { $0.breaker.panicThreshold = 60 }
    let log = LogBook()
    let watch = WorkerWatch(router: world.router, logger: log.logger)
    watch.start()
    world.engines[0].script = { [.send($0.head[0].hasPrefix("POST") ? failing : RouterWorld.ok)] }
    _ = ask(8, world)
    world.world.run(for: .seconds(21))
    world.engines[0].script = { _ in [.send(RouterWorld.ok)] }
    _ = ask(8, world)
    world.world.run(for: .seconds(2))
    watch.stop()
    #expect(
      log.messages == [
        "worker is ejected: it fails requests",
        "too few eligible workers: ejections are overlooked", "ejected worker is tried again",
        "worker is no longer ejected", "enough eligible workers: ejections count again",
      ])
  }
}
