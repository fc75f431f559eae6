import KVTransfer
import Simulation
import Testing
import Vocabulary

@testable import PDRouter

/// How many workers an engine becomes, and when.
@Suite(.overBothProtocols) struct RankInquiryTests {
  /// A watched router of one prefill and one decode engine, each with ranks of its own number.
  private final class RankWorld {
    let world: RouterWorld
    let watch: WorkerWatch
    let engines: [ScriptedEngine]
    /// What `/metrics` tells; nil answers 404.
    var sizes: [Int?]

    init(_ sizes: [Int?], flag: Int = 1, connector: KVConnectorName = .nixl) throws {
      self.sizes = sizes
      let world = RouterWorld([]) {
        $0.isDisaggregated = true
        $0.dataParallelSize = flag
        $0.connector = connector
        $0.health.interval = .seconds(10)
      }
      self.world = world
      watch = WorkerWatch(router: world.router, logger: .silent)
      var engines: [ScriptedEngine] = []
      for (name, role) in [("p", Role.prefill), ("d", .decode)] {
        let (urls, details) = world.router.configuration.workers(
          at: try WorkerURL("http://\(name):8000"), WorkerDetails(), asks: true)
        for url in urls { world.registry.add(url, role: role, details: details) }
        engines.append(
          ScriptedEngine(on: world.world.makeHost(name)) { _ in [.send(RouterWorld.ok)] })
      }
      self.engines = engines
      for place in engines.indices {
        engines[place].script = { [unowned self] in [.send(answer($0, place))] }
      }
    }

    private func answer(_ request: ScriptedEngine.Request, _ place: Int) -> String {
      guard request.head[0].hasPrefix("GET /metrics ") else {
        return place == 0 && request.head[0].hasPrefix("POST")
          ? SplitWorld.prefilled(0) : RouterWorld.ok
      }
      guard let size = sizes[place] else { return RouterWorld.answer("no", status: 404) }
      let lines = (0..<size).map { "vllm:x{engine=\"\($0)\"} 0.0\n" }
      return RouterWorld.answer(lines.joined())
    }

    /// Starts watching, and waits until everything was asked.
    func start() {
      watch.start()
      world.world.run(for: .seconds(1))
    }

    /// The workers' URLs without what all have in common.
    var names: [String] {
      world.registry.workers.map { $0.url.text.replacing("http://", with: "") }
    }

    func count(_ line: String, at engine: Int) -> Int {
      engines[engine].requests.count { $0.head[0].hasPrefix(line) }
    }

    /// Restarts an engine with another number of ranks, found by the probes.
    func restart(_ engine: Int, as size: Int) {
      sizes[engine] = size
      world.world.run(for: .seconds(11))
    }
  }

  @Test func `prefill and decode become as many workers as each has ranks`() throws {
    let ranks = try RankWorld([4, 2])
    ranks.start()
    // Whoever answers first comes first.
    let workers = ranks.world.registry.workers.sorted { $0.url.text > $1.url.text }.reversed()
      .sorted { $0.role.rawValue > $1.role.rawValue }
    #expect(
      workers.map(\.url.text) == (0..<4).map { "http://p:8000@\($0)" }
        + (0..<2).map { "http://d:8000@\($0)" })
    #expect(workers.allSatisfy { $0.isEligible && $0.ranksAreKnown })
    #expect(workers.map(\.peer.dataParallelSize) == [4, 4, 4, 4, 2, 2])
    #expect(workers.map(\.peer.dataParallelRank) == [0, 1, 2, 3, 0, 1])
    for _ in 0..<8 {
      let answers = ranks.world.fetch(post("/v1/chat/completions", chatBody))
      #expect(answers.map(\.status) == [200])
    }
    let asked = ranks.engines.map { $0.legs.compactMap { $0.field("x-data-parallel-rank") } }
    #expect(asked[0] == ["0", "1", "2", "3", "0", "1", "2", "3"])
    #expect(asked[1] == ["0", "1", "0", "1", "0", "1", "0", "1"])
    ranks.watch.stop()
    ranks.world.expectNothingLeft()
  }

  @Test func `an engine of one rank stays as it is`() throws {
    let ranks = try RankWorld([1, 1])
    ranks.start()
    #expect(ranks.names == ["p:8000", "d:8000"])
    #expect(ranks.world.registry.workers.map(\.id.number) == [0, 1])
    #expect(ranks.world.registry.workers.allSatisfy { $0.ranksAreKnown })
    _ = ranks.world.fetch(post("/v1/chat/completions", chatBody))
    #expect(ranks.engines.allSatisfy { $0.legs[0].field("x-data-parallel-rank") == nil })
    ranks.watch.stop()
  }

  @Test(arguments: [nil, 0] as [Int?])
  func `an engine that does not say it has as many ranks as was configured`(_ said: Int?) throws {
    let ranks = try RankWorld([said, 1], flag: 3)
    ranks.start()
    #expect(ranks.names == ["d:8000", "p:8000@0", "p:8000@1", "p:8000@2"])
    ranks.watch.stop()
  }

  @Test func `ranks are probed and asked together`() throws {
    let ranks = try RankWorld([4, 1])
    ranks.start()
    ranks.world.world.run(for: .seconds(30))
    for line in ["GET /health ", "GET /metrics ", "GET /version "] {
      #expect(ranks.count(line, at: 0) == 4 && ranks.count(line, at: 1) == 4, "\(line)")
    }
    ranks.watch.stop()
  }

  @Test func `ranks are ill and well together`() throws {
    let ranks = try RankWorld([3, 1])
    ranks.start()
    ranks.engines[0].script = { _ in [.reset] }
    ranks.world.world.run(for: .seconds(35))
    #expect(ranks.world.registry.workers.filter { !$0.isHealthy }.count == 3)
    ranks.watch.stop()
  }

  @Test(arguments: [(2, 4), (4, 2), (4, 1), (1, 3), (2, 2)])
  func `an engine that starts anew with another number of ranks becomes as many workers`(
    before: Int, after: Int
  ) throws {
    let ranks = try RankWorld([1, before])
    ranks.start()
    let old = ranks.world.registry.workers.filter { $0.role == .decode }
    #expect(old.count == before)
    ranks.restart(1, as: after)
    let new = ranks.world.registry.workers.filter { $0.role == .decode }
    let names = (0..<after).map { after == 1 ? "http://d:8000" : "http://d:8000@\($0)" }
    #expect(Set(new.map(\.url.text)) == Set(names) && new.count == after)
    #expect(new.allSatisfy { $0.peer.dataParallelSize == after && $0.isEligible })
    // Ranks that there are before and after stay who they are.
    let kept = old.filter { worker in new.contains { $0 === worker } }
    #expect(kept.count == (before == 1 || after == 1 ? 0 : min(before, after)))
    ranks.watch.stop()
  }

  @Test func `a rank that was removed stays away until the engine's number changes`() throws {
    let ranks = try RankWorld([1, 3])
    ranks.start()
    let path = "/workers/http%3A%2F%2Fd%3A8000%401"
    #expect(ranks.world.fetch(get(path, method: "DELETE")).map(\.status) == [200])
    ranks.world.world.run(for: .seconds(25))
    #expect(ranks.names == ["p:8000", "d:8000@0", "d:8000@2"])
    ranks.restart(1, as: 4)
    #expect(Set(ranks.names.suffix(4)) == Set((0..<4).map { "d:8000@\($0)" }))
    ranks.watch.stop()
  }

  @Test func `an engine that was busy before it was asked drains, and then leaves`() throws {
    let ranks = try RankWorld([1, 2])
    ranks.engines[1].script = { [engines = ranks.engines] request in
      _ = engines
      if request.head[0].hasPrefix("GET /metrics ") {
        let text = "vllm:x{engine=\"0\"} 0\nvllm:x{engine=\"1\"} 0\n"
        return [.wait(.milliseconds(50)), .send(RouterWorld.answer(text))]
      }
      guard request.head[0].hasPrefix("POST") else { return [.send(RouterWorld.ok)] }
      return [.wait(.seconds(3)), .send(RouterWorld.ok)]
    }
    ranks.watch.start()
    ranks.world.world.run(for: .milliseconds(20))
    let early = ranks.world.client(.text(post("/v1/chat/completions", chatBody)))
    ranks.world.world.run(for: .milliseconds(200))
    let base = ranks.world.registry.workers.filter { $0.url.text == "http://d:8000" }
    #expect(base.map(\.state) == [.draining] && base[0].requestsInFlight == 1)
    #expect(ranks.names.suffix(2) == ["d:8000@0", "d:8000@1"])
    _ = ranks.world.fetch(post("/workers/http://d:8000/undrain", ""))
    ranks.world.world.run(for: .milliseconds(1100))
    #expect(base[0].state == .draining)
    #expect(ranks.world.awaitAnswers(1, early))
    #expect(HTTPAnswer.all(in: early.record.bytes).map(\.status) == [200])
    ranks.world.world.run(for: .seconds(3))
    #expect(ranks.names == ["p:8000", "d:8000@0", "d:8000@1"])
    ranks.watch.stop()
    ranks.world.expectNothingLeft()
  }

  @Test func `nothing is handed over that a rank must be told of before ranks are known`() throws {
    let ranks = try RankWorld([2, 2], connector: .moriio)
    let request = post("/v1/chat/completions", chatBody)
    #expect(ranks.world.fetch(request).map(\.status) == [200])
    #expect(ranks.engines[0].legs.isEmpty && ranks.engines[1].legs.count == 1)
    #expect(ranks.world.records.map(\.reason.description) == ["pair_not_ready"])
    ranks.start()
    #expect(ranks.world.fetch(request).map(\.status) == [200])
    #expect(ranks.engines[0].legs.count == 1)
    #expect(ranks.engines[0].legs[0].body.contains(#""remote_dp_size":2"#))
    ranks.watch.stop()
  }

  @Test func `engines of SGLang are not asked`() throws {
    let ranks = try RankWorld([4, 4], connector: .sglang)
    ranks.start()
    #expect(ranks.names == ["p:8000", "d:8000"] && ranks.count("GET /metrics ", at: 0) == 0)
    ranks.watch.stop()
  }

  @Test func `each rank of a Mooncake engine is known by its own engine's id`() throws {
    let ranks = try RankWorld([2, 1], connector: .mooncake)
    let host = ranks.engines[0].loop.host
    let server = ScriptedEngine(on: host, port: 8998, isHTTP2: false) { _ in
      [.send(RouterWorld.answer(#"{"0":{"engine_id":"zero"},"1":{"engine_id":"one"}}"#))]
    }
    ranks.start()
    let prefills = ranks.world.registry.workers.filter { $0.role == .prefill }
    let members = prefills.map { worker in
      worker.peer.identity.map { String(decoding: $0.members, as: UTF8.self) } ?? ""
    }
    #expect(members.count == 2 && server.openCount == 0)
    #expect(members[0].contains(#""zero""#) && members[1].contains(#""one""#))
    ranks.watch.stop()
  }
}
