import EventLoop
import Simulation
import Testing
import Vocabulary

@testable import PDRouter

/// The operators' port and key.
struct AdminPortTests {
  private static let admin = HostAndPort(host: "router", port: 81)

  private func makeWorld(
    port: Bool, _ configure: (inout ClientSettings) -> Void = { _ in }
  ) -> RouterWorld {
    let world = RouterWorld {
      if port { $0.clients.admin = Self.admin }
      configure(&$0.clients)
    }
    guard port else { return world }
    do throws(StreamError) {
      try world.router.listenForOperators(on: Self.admin)
    } catch {
      Issue.record("\(error)")
    }
    return world
  }

  private func fetch(_ world: RouterWorld, _ text: String) -> HTTPAnswer? {
    let script = ClientScript([.text(text)])
    let client = SimulatedClient(on: world.clientHost.loop, to: Self.admin, script)
    world.awaitAnswers(1, client)
    return HTTPAnswer.all(in: client.record.bytes).last
  }

  private static let paths = [
    "/workers", "/workers/0", "/workers/0/drained", "/pd/handles",
  ]

  @Test func `operators' routes are on their port only, and clients' on theirs`() {
    let world = makeWorld(port: true)
    for path in Self.paths {
      let elsewhere = world.fetch(get(path)).first
      #expect(elsewhere?.status == 404 && elsewhere?.isErrorObject == true, "\(path)")
      let status = fetch(world, get(path))?.status
      #expect(status == (path.hasSuffix("drained") ? 503 : 200), "\(path)")
    }
    for text in [
      get("/version"), post("/v1/completions", "{}"), get("/any"),
      post("/finish_session?session_id=a", ""),
    ] {
      #expect(fetch(world, text)?.status == 404)
      #expect(world.fetch(text).map(\.status) == [200])
    }
    for path in ["/health", "/liveness", "/readiness"] {
      #expect(fetch(world, get(path))?.status == 200 && world.fetch(get(path))[0].status == 200)
    }
    #expect(fetch(world, post("/workers", #"{"url":"http://x:1"}"#))?.status == 200)
    #expect(world.registry.workers.count == 2)
    #expect(world.fetch(post("/workers", #"{"url":"http://y:1"}"#)).map(\.status) == [404])
    #expect(world.registry.workers.count == 2)
  }

  @Test(arguments: [true, false])
  func `operators need their key, wherever their routes are, and clients' does not help`(
    port: Bool
  ) {
    let world = makeWorld(port: port) {
      $0.adminKey = "boss"
      $0.keys = ["client"]
    }
    func status(_ path: String, _ key: String?) -> Int? {
      let text = get(path, key.map { "authorization: Bearer \($0)\r\n" } ?? "")
      return port ? fetch(world, text)?.status : world.fetch(text).first?.status
    }
    for path in Self.paths {
      let right = path.hasSuffix("drained") ? 503 : 200
      #expect([nil, "client", "bos", "bosss"].map { status(path, $0) } == [401, 401, 401, 401])
      #expect(status(path, "boss") == right)
    }
    #expect(status("/health", nil) == 200)
    if port { #expect(world.fetch(get("/workers")).map(\.status) == [404]) }
    #expect(world.fetch(get("/x", "authorization: Bearer boss\r\n")).map(\.status) == [401])
    #expect(world.fetch(get("/x", "authorization: Bearer client\r\n")).map(\.status) == [200])
  }

  @Test func `with their key alone, clients need none`() {
    let world = makeWorld(port: false) { $0.adminKey = "boss" }
    #expect(world.fetch(get("/x")).map(\.status) == [200])
    #expect(world.fetch(get("/workers")).map(\.status) == [401])
  }

  @Test func `without a key of their own, operators need a client's where those have some`() {
    let world = makeWorld(port: true) { $0.keys = ["client"] }
    #expect(fetch(world, get("/workers"))?.status == 401)
    #expect(fetch(world, get("/workers", "authorization: Bearer client\r\n"))?.status == 200)
  }

  @Test func `a drain waits for operators' answers and closes their port`() {
    let world = makeWorld(port: true)
    let client = SimulatedClient(
      on: world.clientHost.loop, to: Self.admin, ClientScript([.text(get("/workers"))]))
    world.awaitAnswers(1, client)
    var isIdle = false
    world.router.drain { isIdle = true }
    world.world.run(for: .seconds(3))
    #expect(isIdle && client.record.endedAt != nil)
    #expect(fetch(world, get("/workers")) == nil)
  }

  @Test func `every route is an operator's, a probe or a client's`() {
    for endpoint in Endpoint.allCases {
      #expect(!(endpoint.isAdmin && endpoint.isProbe))
      #expect(!endpoint.isAdmin || endpoint.isOwn)
    }
    #expect(Endpoint.allCases.filter(\.isProbe) == [.health, .liveness, .readiness])
    #expect(!Endpoint.finishSession.isAdmin)
  }
}
