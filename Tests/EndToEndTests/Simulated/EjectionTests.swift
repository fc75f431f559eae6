import PDRouter
import Simulation
import Testing
import Vocabulary

/// Engines that die under load, with everything as the program has it: no client sees it, and who
/// is back serves again within seconds.
@Suite struct EjectionTests {
  private static let request = FleetRequest.chat("a few words", maxTokens: 4)

  private func makeFleet(_ plan: FleetPlan) throws -> SimulatedFleet {
    var plan = plan
    plan.watchesWorkers = true
    return try SimulatedFleet(plan)
  }

  @Test(arguments: [CrashTrace.ends, .resets], [0, 1, 2])
  func `one of three engines dies and comes back under load`(
    _ trace: CrashTrace, _ victim: Int
  ) throws {
    let fleet = try makeFleet(.pool(3, seed: UInt64(victim)))
    let engine = fleet.engines[victim]
    let worker = fleet.registry.workers[victim]
    for number in 0..<400 { fleet.call(Self.request, after: .milliseconds(number * 25)) }
    fleet.runOn(for: .seconds(2))
    engine.kill(leaving: trace)
    fleet.runOn(for: .milliseconds(2500))
    #expect(!worker.isEligible && !worker.isHealthy)
    try engine.restart()
    let before = engine.generations
    fleet.runOn(for: .seconds(2))
    #expect(worker.isEligible && engine.generations > before)
    #expect(fleet.violations() == [])
    #expect(fleet.calls.allSatisfy { $0.generated.isComplete })
  }

  @Test(arguments: [0, 1, 2, 3])
  func `a prefill or decode engine dies and comes back under load`(_ victim: Int) throws {
    let fleet = try makeFleet(.split(2, 2, seed: UInt64(victim)))
    let engine = fleet.engines[victim]
    let worker = fleet.registry.workers[victim]
    for number in 0..<250 { fleet.call(Self.request, after: .milliseconds(number * 40)) }
    fleet.runOn(for: .seconds(2))
    engine.kill(leaving: .resets)
    fleet.runOn(for: .milliseconds(2500))
    #expect(!worker.isEligible)
    try engine.restart()
    let before = engine.generations
    fleet.runOn(for: .seconds(2))
    #expect(worker.isEligible && engine.generations > before)
    #expect(fleet.violations() == [])
    #expect(fleet.calls.allSatisfy { $0.generated.isComplete })
  }

  @Test func `an engine whose core is dead is ejected long before its probes would`() throws {
    var plan = FleetPlan.pool(3)
    plan.router.health.failureThreshold = 1000
    let fleet = try makeFleet(plan)
    fleet.engines[1].engine.faults.add(EngineFault(.status(500, body: "{}", retryAfter: nil)))
    for number in 0..<300 { fleet.call(Self.request, after: .milliseconds(number * 20)) }
    fleet.runOn(for: .seconds(7))
    #expect(fleet.engines[1].generations == 10 && !fleet.registry.workers[1].isEligible)
    #expect(fleet.violations() == [])
    #expect(fleet.calls.allSatisfy { $0.generated.isComplete })
  }
}
