import KVTransfer
import Policies
import Simulation
import Testing
import Vocabulary

@testable import PDRouter

/// What counts of a new configuration while the router runs.
@Suite struct ConfigurationReloadTests {
  private static func configuration(
    _ urls: [String] = ["http://a:1", "http://b:2"],
    _ change: (inout RouterConfiguration) -> Void = { _ in }
  ) -> RouterConfiguration {
    var configuration = RouterConfiguration()
    configuration.workers = urls.map { .init(url: $0, role: .both) }
    change(&configuration)
    return configuration
  }

  @Test func `workers that come and go are told apart from those that stay`() {
    let plan = ConfigurationReload(
      from: Self.configuration(), to: Self.configuration(["http://b:2", "http://c:3"]))
    #expect(plan.added.map(\.url) == ["http://c:3"])
    #expect(plan.removed.map(\.url) == ["http://a:1"])
    #expect(plan.needRestart == [])
    #expect(plan.configuration.workers.map(\.url) == ["http://b:2", "http://c:3"])
  }

  private typealias Change = (inout RouterConfiguration) -> Void

  @Test func `what may change meanwhile is taken`() {
    let changes: [Change] = [
      { $0.timeouts.request = .seconds(7) }, { $0.limits.requestBodyBytes = 7 },
      { $0.retries.attempts = 2 }, { $0.health.interval = .seconds(7) },
      { $0.loadCheckInterval = .seconds(7) }, { $0.admission.maxConcurrentRequests = 7 },
      { $0.admission.queueSize = 7 }, { $0.breaker.failureThreshold = 7 },
      { $0.clients.allowedOrigins = ["http://x"] }, { $0.clients.requestIDHeaders = ["x"] },
    ]
    for change in changes {
      let new = Self.configuration(["http://a:1", "http://b:2"], change)
      let plan = ConfigurationReload(from: Self.configuration(), to: new)
      #expect(plan.needRestart == [])
      #expect("\(plan.configuration)" == "\(new)")
    }
  }

  @Test func `what cannot is named and left`() {
    let changes: [(Change, String)] = [
      ({ $0.listen = HostAndPort(host: "h", port: 7) }, "listen"),
      ({ $0.policy = .random }, "policy"),
      ({ $0.loops = 2 }, "loops"), ({ $0.connector = .mooncake }, "connector"),
      ({ $0.breaker.panicThreshold = 7 }, "breaker"), ({ $0.breaker.isOff = true }, "breaker"),
      ({ $0.clients.workerKey = "k" }, "clients"), ({ $0.clients.keys = ["k"] }, "clients"),
      ({ $0.limits.clientConnections = 7 }, "limits"),
      ({ $0.admission.queueTimeout = .seconds(7) }, "admission"),
    ]
    for (change, name) in changes {
      let old = Self.configuration()
      let plan = ConfigurationReload(
        from: old, to: Self.configuration(["http://a:1", "http://b:2"], change))
      #expect(plan.needRestart == [name])
      #expect("\(plan.configuration)" == "\(old)")
    }
  }

  @Test func `a loop goes by the new bounds from the next request on`() {
    let world = RouterWorld([.both]) { $0.admission.maxConcurrentRequests = 1 }
    world.engines[0].script = { _ in [.wait(.seconds(5)), .send(RouterWorld.ok)] }
    let clients = (0..<3).map { _ in world.client(.send(Array(get("/x").utf8))) }
    world.world.run(for: .seconds(1))
    #expect(world.router.admitted == (1, 2))
    var next = world.router.configuration
    next.limits.requestBodyBytes = 4
    next.admission.maxConcurrentRequests = 3
    world.router.admission.gate.take(maxConcurrentRequests: 3, queueSize: 5)
    world.router.take(next)
    #expect(world.router.admitted == (3, 0))
    #expect(world.fetch(post("/v1/completions", "{\"a\":1}")).map(\.status) == [413])
    for client in clients { #expect(world.awaitAnswers(1, client)) }
    world.expectNothingLeft()
  }
}
