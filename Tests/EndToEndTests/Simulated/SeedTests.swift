import Simulation
import Testing
import Vocabulary

@Suite struct SeedTests {
  private static let requests: [FleetRequest] = [
    .chat("tell me a story about the sea", maxTokens: 6),
    .chat("and another about the hills", maxTokens: 12, streams: true),
    .completion("once upon a time there was", maxTokens: 5),
    .completion("and they lived", maxTokens: 9, streams: true),
    .chat("two answers", maxTokens: 4, streams: true, extra: #","n":2"#),
    .completion(String(repeating: "long prompt ", count: 150), maxTokens: 7, streams: true),
  ]

  /// Runs every request once in each of many worlds, and says what went wrong in which.
  private func faults(
    seeds: Range<UInt64>, tolerating tolerance: FleetTolerance = [],
    _ plan: (UInt64) -> FleetPlan
  ) throws -> [String] {
    let oracle = try AnswerOracle(Self.requests)
    var found: [String] = []
    for seed in seeds {
      let fleet = try SimulatedFleet(plan(seed))
      for (number, request) in Self.requests.enumerated() {
        fleet.call(request, after: .milliseconds(Int(seed % 7) * number))
      }
      found += fleet.violations(tolerating: tolerance)
      found += oracle.wrongAnswers(in: fleet)
    }
    return found
  }

  /// Pieces, delays and late reads, but no failures.
  private static var jittery: NetworkConditions {
    var conditions = NetworkConditions.rough
    conditions.refusalChance = 0
    conditions.resetChance = 0
    return conditions
  }

  @Test func `a jittery network changes no answer and leaves nothing behind`() throws {
    let found = try faults(seeds: 1..<81) { seed in
      var plan = FleetPlan.split(2, 2, seed: seed)
      plan.conditions = Self.jittery
      return plan
    }
    #expect(found == [])
  }

  @Test func `a network that resets and refuses gives right answers or clear errors`() throws {
    let found = try faults(
      seeds: 1000..<1150, tolerating: .brokenClients
    ) { seed in
      var plan = FleetPlan.split(2, 2, seed: seed)
      plan.conditions = .rough
      plan.conditions.resetChance = 0.005
      plan.conditions.refusalChance = 0.03
      return plan
    }
    #expect(found == [])
  }

  @Test func `a single pool keeps its word on a rough network`() throws {
    let found = try faults(seeds: 2000..<2050, tolerating: .brokenClients) { seed in
      var plan = FleetPlan.pool(2, seed: seed)
      plan.conditions = .rough
      plan.conditions.resetChance = 0.005
      return plan
    }
    #expect(found == [])
  }

  @Test func `bytes that arrive one by one change nothing`() throws {
    let found = try faults(seeds: 1..<3) { seed in
      var plan = FleetPlan.split(1, 2, seed: seed)
      plan.conditions.fragmentation = .singleBytes
      return plan
    }
    #expect(found == [])
  }

  @Test func `the same seed gives the same run`() throws {
    let hashes = try (0..<2).map { _ in
      var plan = FleetPlan.split(2, 2, seed: 99)
      plan.conditions = .rough
      let fleet = try SimulatedFleet(plan)
      for request in Self.requests { fleet.call(request) }
      fleet.runUntilAnswered()
      return fleet.world.traceHash
    }
    #expect(hashes[0] == hashes[1])
  }
}
