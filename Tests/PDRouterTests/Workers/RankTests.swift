import KVTransfer
import Simulation
import Testing
import Policies
import Vocabulary

@testable import PDRouter

/// Data-parallel ranks as workers: who stands for a URL, and what one's failure says of others.
@Suite(.overBothProtocols) struct RankTests {
  private func configuration(
    _ size: Int, split: Bool = false, connector: KVConnectorName = .nixl
  ) -> RouterConfiguration {
    var configuration = RouterConfiguration()
    configuration.policy = .roundRobin
    configuration.dataParallelSize = size
    configuration.isDisaggregated = split
    configuration.connector = connector
    return configuration
  }

  @Test(
    arguments: [
      (1, false, "http://h:1", ["http://h:1"], nil, false),
      (3, false, "http://h:1", ["http://h:1@0", "http://h:1@1", "http://h:1@2"], 3, false),
      (3, false, "http://h:1@1", ["http://h:1@1"], 3, false),
      (2, false, "http://h:1@5", ["http://h:1@5"], 6, false),
      (3, true, "http://h:1", ["http://h:1"], nil, true),
      (1, true, "http://h:1@1", ["http://h:1@1"], 2, false),
    ] as [(Int, Bool, String, [String], Int?, Bool)])
  func `a URL stands for the ranks that it is said to have`(
    size: Int, split: Bool, text: String, urls: [String], said: Int?, asks: Bool
  ) throws {
    let found = configuration(size, split: split).workers(
      at: try WorkerURL(text), WorkerDetails(key: "k"), asks: true)
    #expect(found.urls.map(\.text) == urls && found.details.key == "k")
    #expect(found.details.dataParallelSize == said && found.details.findsRanks == asks)
  }

  @Test func `a router begins with the ranks of its configuration`() throws {
    var configuration = configuration(2)
    configuration.workers = [
      .init(url: "http://a:1", role: .both), .init(url: "http://b:1@7", role: .both),
    ]
    let router = try Router(configuration: configuration, logger: .silent)
    #expect(
      router.registry.workers.map(\.url.text) == ["http://a:1@0", "http://a:1@1", "http://b:1@7"])
    #expect(router.registry.workers.map(\.peer.dataParallelSize) == [2, 2, 8])
    #expect(router.registry.workers.map(\.engineNumber) == [0, 0, 2])
  }

  @Test(arguments: [
    (0, false, KVConnectorName.nixl, ["http://a:1"], 1),
    (257, false, .nixl, ["http://a:1"], 1), (256, false, .nixl, ["http://a:1"], 0),
    (2, false, .nixl, ["http://a:1", "http://a:1@1"], 1),
    (1, false, .nixl, ["http://a:1@1", "http://a:1"], 1),
    (1, false, .nixl, ["http://a:1@1", "http://a:1@01"], 1),
    (1, false, .nixl, ["http://a:1@1", "http://a:1@2"], 0),
    (1, false, .nixl, ["http://a:1@x"], 1),
  ])
  func `ranks that contradict each other are faults`(
    size: Int, split: Bool, connector: KVConnectorName, urls: [String], faults: Int
  ) {
    var configuration = configuration(size, split: split, connector: connector)
    configuration.workers = urls.map { .init(url: $0, role: .both) }
    var found: [String] = []
    do throws(ConfigurationFaults) { try configuration.validate() } catch {
      found = error.sentences
    }
    #expect(found.count == faults, "\(found)")
  }

  @Test func `more ranks than a router can have are a fault, and SGLang's are none`() {
    var many = configuration(256)
    many.workers = (0..<5).map { .init(url: "http://h\($0):1", role: .both) }
    #expect(throws: ConfigurationFaults.self) {
      try Router(configuration: many, logger: .silent)
    }
    var sglang = configuration(2, split: true, connector: .sglang)
    sglang.workers = [
      .init(url: "http://p:1", role: .prefill), .init(url: "http://d:1", role: .decode),
    ]
    #expect(throws: ConfigurationFaults.self) { try sglang.validate() }
  }

  @Test func `a registry takes all of several workers or none`() throws {
    let registry = WorkerRegistry()
    let base = try WorkerURL("http://h:1")
    registry.add(base.ranked(2), role: .both)
    let wanted = (0..<4).map { base.ranked($0) }
    guard
      case .alreadyThere(let url) = registry.register(
        wanted, role: .both, details: WorkerDetails())
    else {
      Issue.record("a rank is there already")
      return
    }
    #expect(url == base.ranked(2) && registry.workers.count == 1)
    #expect(registry.add(base, role: .both) == nil && registry.add(base, role: .decode) != nil)
    #expect(registry.remove(base) == 2)
  }

  @Test func `a replacement is seen whole, and leaves idle workers gone and busy ones draining`()
    throws
  {
    let registry = WorkerRegistry()
    let url = try WorkerURL("http://h:1")
    let idle = try #require(registry.add(url.ranked(0), role: .decode))
    let busy = try #require(registry.add(url.ranked(1), role: .decode))
    busy.reserve(.zero)
    let version = registry.version
    let added = registry.replace([idle, busy], with: [url.ranked(2)], like: idle)
    #expect(registry.version == version + 1 && added.map(\.url) == [url.ranked(2)])
    #expect(idle.state == .gone && busy.state == .draining && added[0].isEligible)
    #expect(registry.workers.map(\.url.rank) == [1, 2])
    #expect(added[0].engineNumber == busy.engineNumber)
    busy.release(.zero)
  }

  @Test func `all ranks of an engine that failed are passed over, and those of others are not`()
    throws
  {
    let registry = WorkerRegistry()
    for text in ["http://a:1@0", "http://b:1@0", "http://a:1@1", "http://c:1"] {
      registry.add(try WorkerURL(text), role: .both)
    }
    var tried = TriedWorkers()
    tried.insertEngine(of: registry.workers[2])
    #expect(registry.workers.map { tried.contains($0) } == [true, false, true, false])
    #expect(tried.contains(registry.workers[2].id) && !tried.contains(registry.workers[0].id))
    tried.insert(registry.workers[3].id)
    #expect(registry.workers.map { tried.contains($0) } == [true, false, true, true])
  }

  @Test func `a request goes on to another engine, not to another rank of a dead one`() throws {
    let world = RouterWorld([])
    let dead = try WorkerURL("http://dead:8000")
    for rank in 0..<3 { world.registry.add(dead.ranked(rank), role: .both) }
    world.registry.add(try WorkerURL("http://e:8000"), role: .both)
    _ = world.world.makeHost("dead")
    let engine = ScriptedEngine(on: world.world.makeHost("e")) { _ in [.send(RouterWorld.ok)] }
    for _ in 0..<4 {
      #expect(world.fetch(post("/v1/completions", #"{"prompt":"x"}"#)).map(\.status) == [200])
    }
    #expect(engine.requests.count == 4)
    #expect(world.records.allSatisfy { $0.attempts <= 2 })
    world.expectNothingLeft()
  }

  @Test func `a rank that answers 503 leaves its siblings to the next attempt`() throws {
    let world = RouterWorld([])
    for rank in 0..<2 {
      world.registry.add(try WorkerURL("http://e:8000@\(rank)"), role: .both)
    }
    let engine = ScriptedEngine(on: world.world.makeHost("e")) { request in
      let isFirst = request.field("x-data-parallel-rank") == "0"
      return [.send(isFirst ? RouterWorld.answer("busy", status: 503) : RouterWorld.ok)]
    }
    #expect(world.fetch(post("/v1/completions", #"{"prompt":"x"}"#)).map(\.status) == [200])
    #expect(engine.requests.map { $0.field("x-data-parallel-rank") } == ["0", "1"])
  }

  @Test func `what was learned of a dead engine is forgotten of all its ranks`() throws {
    let world = RouterWorld([.decode])
    var ranks: [Worker] = []
    for text in ["http://p:1@0", "http://p:1@1", "http://q:1@0"] {
      ranks.append(try #require(world.registry.add(try WorkerURL(text), role: .prefill)))
    }
    let decode = world.registry.workers[0].id
    let engine = withBytes(of: "e") { KVEngineIdentity(engineID: $0) }
    let identity = KVPeerIdentity(engine: engine, members: [1])
    for rank in ranks {
      rank.updatePeer { $0.identity = identity }
      world.router.noteTransferSuccess(prefill: rank.id, decode: decode)
    }
    world.router.notePrefillLost(ranks[1])
    #expect(ranks.map { $0.peer.identity == nil } == [true, true, false])
    let areWarm = ranks.map { world.router.isWarm($0, world.registry.workers[0]) }
    #expect(areWarm == [false, false, true])
  }
}
