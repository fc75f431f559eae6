import KVTransfer
import PDRouter
import Simulation
import Testing
import Vocabulary

/// Engines with data-parallel ranks, each with a KV cache of its own.
@Suite struct RankTests {
  private static let long = FleetRequest.chat(
    String(repeating: "a long prompt ", count: 20), maxTokens: 12, streams: true)

  /// The values of `X-data-parallel-rank` that generating requests carried, each request's joined.
  private func ranks(_ engine: FleetEngine) -> [String] {
    engine.visits.filter { $0.target.hasSuffix("/completions") }.map { visit in
      visit.fields.filter { $0.name == "x-data-parallel-rank" }.map(\.value).joined(separator: "+")
    }
  }

  /// One prefill and one decode engine whose ranks the router has asked for.
  private func split(
    _ prefill: Int, _ decode: Int, seed: UInt64 = 1,
    _ connector: EngineConnector = .nixlPull, together: Bool = false
  ) throws -> SimulatedFleet {
    var plan = FleetPlan.split(1, 1, seed: seed).speaking(connector)
    plan.watchesWorkers = true
    plan.engine.dataParallelSize = prefill
    plan.decodeDataParallelSize = decode
    plan.router.connectorOptions.legsLeaveTogether = together
    let fleet = try SimulatedFleet(plan)
    fleet.runOn(for: .milliseconds(100))
    return fleet
  }

  @Test func `four ranks of one engine take requests in turn, each told its number once`() throws {
    var plan = FleetPlan.pool(1)
    plan.engine.dataParallelSize = 4
    plan.router.dataParallelSize = 4
    let fleet = try SimulatedFleet(plan)
    #expect(fleet.registry.workers.map(\.url.text).last == "http://engine-0:8000@3")
    for number in 0..<16 {
      fleet.call(
        .chat("request \(number)").with("X-data-parallel-rank", "9"),
        after: .milliseconds(number * 40))
    }
    #expect(fleet.violations() == [])
    #expect(fleet.calls.allSatisfy { $0.answer?.status == 200 })
    #expect(ranks(fleet.engines[0]) == (0..<16).map { "\($0 % 4)" })
    #expect(fleet.engines[0].engine.ranks.map { $0.scheduler.counters.requests } == [4, 4, 4, 4])
  }

  @Test func `an engine told of a rank that it has not refuses, and the client hears it`() throws {
    var plan = FleetPlan.pool(1)
    plan.engine.dataParallelSize = 2
    plan.router.dataParallelSize = 3
    let fleet = try SimulatedFleet(plan)
    for number in 0..<3 { fleet.call(.chat("x"), after: .milliseconds(number * 100)) }
    #expect(fleet.violations() == [])
    #expect(fleet.calls.map { $0.answer?.status } == [200, 200, 400])
    #expect(fleet.calls[2].answer?.text.contains("out of range [0, 2)") == true)
  }

  @Test(arguments: [(2, 2), (4, 2), (1, 3), (3, 1)])
  func `prefill's and decode's ranks are chosen independently, and texts are right`(
    prefill: Int, decode: Int
  ) throws {
    let fleet = try split(prefill, decode)
    let requests = (0..<12).map { FleetRequest.chat("request \($0)", maxTokens: 7) }
    for (number, request) in requests.enumerated() {
      fleet.call(request, after: .milliseconds(number * 60))
    }
    #expect(fleet.violations() == [])
    #expect(try AnswerOracle(requests).wrongAnswers(in: fleet) == [])
    func inTurn(_ size: Int) -> [String] {
      (0..<12).map { size == 1 ? "" : "\($0 % size)" }
    }
    #expect(ranks(fleet.prefills[0]) == inTurn(prefill))
    #expect(ranks(fleet.decodes[0]) == inTurn(decode))
    #expect(fleet.prefills[0].consumedHandles == 12)
    let exports = fleet.prefills[0].engine.exportCounts.map(\.exports)
    #expect(exports == Array(repeating: 12 / prefill, count: prefill))
  }

  @Test func `prefill's and decode's ranks meet in all pairs`() throws {
    let fleet = try split(2, 3)
    for number in 0..<6 { fleet.call(Self.long, after: .milliseconds(number * 300)) }
    #expect(fleet.violations() == [])
    let pairs = zip(ranks(fleet.prefills[0]), ranks(fleet.decodes[0])).map { "\($0)\($1)" }
    #expect(Set(pairs).count == 6)
  }

  @Test(arguments: [EngineConnector.nixlPull, .nixlPush, .mooncake], [false, true])
  func `every connector hands over between ranks`(
    _ connector: EngineConnector, _ together: Bool
  ) throws {
    let fleet = try split(2, 2, connector, together: together)
    for number in 0..<8 { fleet.call(Self.long, after: .milliseconds(number * 300)) }
    #expect(fleet.violations() == [])
    #expect(try AnswerOracle([Self.long]).wrongAnswers(in: fleet) == [])
    #expect(ranks(fleet.prefills[0]) == (0..<8).map { "\($0 % 2)" })
    #expect(fleet.router.handleCounts.consumed == 8)
    #expect(fleet.prefills[0].engine.exportCounts.map(\.consumed) == [4, 4])
  }

  @Test(arguments: [EngineConnector.nixlPull, .nixlPush, .mooncake])
  func `clients that leave at any moment leave nothing on any rank`(
    _ connector: EngineConnector
  ) throws {
    let oracle = try AnswerOracle([Self.long])
    var released: Set<Int> = []
    for step in 0..<30 {
      let fleet = try split(2, 2, seed: UInt64(step), connector)
      // The second call goes to the second rank of both.
      for _ in 0..<2 {
        let call = fleet.call(Self.long)
        fleet.world.schedule(after: .microseconds(2 + step * 4900)) {
          call.client?.hangUp(step % 2 == 0 ? .close : .reset)
        }
      }
      #expect(fleet.violations() + oracle.wrongAnswers(in: fleet) == [], "step \(step)")
      for (rank, counts) in fleet.prefills[0].engine.exportCounts.enumerated()
      where counts.released > 0 { released.insert(rank) }
      for visit in fleet.engines.flatMap(\.visits) where visit.method == "POST" {
        let values = visit.fields.filter { $0.name == "x-data-parallel-rank" }.map(\.value)
        #expect(values == ["0"] || values == ["1"], "\(visit.target): \(values)")
      }
    }
    // What was pushed is given back by fetching it.
    #expect(released == (connector == .nixlPush ? [] : [0, 1]))
  }

  @Test func `every pair of ranks is warmed, by requests that name both ranks`() throws {
    var plan = FleetPlan.split(1, 1)
    plan.watchesWorkers = true
    plan.engine.dataParallelSize = 2
    plan.router.prewarmsPairs = true
    let fleet = try SimulatedFleet(plan)
    fleet.runOn(for: .seconds(2))
    let pairs = zip(ranks(fleet.prefills[0]).sorted(), ranks(fleet.decodes[0]).sorted())
    #expect(pairs.map { "\($0)\($1)" } == ["00", "00", "11", "11"])
    #expect(fleet.prefills[0].consumedHandles == 4)
    #expect(fleet.violations().filter { !$0.contains("nobody made") } == [])
  }

  @Test func `an engine that starts anew with as many ranks serves them again`() throws {
    var plan = FleetPlan.split(1, 1)
    plan.watchesWorkers = true
    plan.engine.dataParallelSize = 2
    plan.router.health.interval = .seconds(2)
    let fleet = try SimulatedFleet(plan)
    fleet.runOn(for: .milliseconds(100))
    fleet.call(Self.long)
    fleet.runUntilAnswered()
    fleet.decodes[0].kill()
    fleet.runOn(for: .seconds(12))
    #expect(fleet.registry.workers.count { $0.role == .decode && !$0.isHealthy } == 2)
    try fleet.decodes[0].restart()
    fleet.runOn(for: .seconds(12))
    #expect(fleet.registry.workers.allSatisfy(\.isEligible) && fleet.registry.workers.count == 4)
    for _ in 0..<2 { fleet.call(Self.long) }
    #expect(fleet.violations() == [])
    #expect(fleet.calls.allSatisfy { $0.generated.isComplete })
  }
}
