import PDRouter
import Simulation
import Testing
import Vocabulary

/// Every engine is started anew, one after the other, under load.
@Suite struct RollingRestartTests {
  private static let request = FleetRequest.chat("what will be, will be", maxTokens: 5)

  private func makeFleet(_ plan: FleetPlan) throws -> SimulatedFleet {
    var plan = plan
    plan.watchesWorkers = true
    plan.router.health.interval = .milliseconds(500)
    plan.router.health.timeout = .milliseconds(400)
    plan.router.health.successThreshold = 1
    return try SimulatedFleet(plan)
  }

  private func restart(_ engine: FleetEngine) {
    do {
      try engine.restart()
    } catch {
      Issue.record("\(engine.name) does not restart: \(error)")
    }
  }

  @Test(arguments: [
    FleetPlan.pool(1), .pool(3), .split(1, 1), .split(2, 2),
  ])
  func `engines that are drained, stopped and started anew are missed by no client`(
    _ plan: FleetPlan
  ) throws {
    let fleet = try makeFleet(plan)
    for (number, engine) in fleet.engines.enumerated() {
      let start = Duration.milliseconds(500 + number * 2_500)
      fleet.call(FleetRequest("POST", "/workers/\(number)/drain"), after: start)
      fleet.world.schedule(after: start + .seconds(1)) { engine.kill() }
      fleet.world.schedule(after: start + .milliseconds(1_500)) { restart(engine) }
      fleet.call(
        FleetRequest("POST", "/workers/\(number)/undrain"), after: start + .milliseconds(1_600))
    }
    let calls = (0..<(fleet.engines.count * 60 + 20)).map {
      fleet.call(Self.request, after: .milliseconds(7 + $0 * 40))
    }
    #expect(fleet.violations() == [])
    let failed = calls.filter { !$0.generated.isComplete }
    #expect(
      failed.isEmpty, "\(failed.count) of \(calls.count): \(failed.compactMap { $0.answer?.text })")
    #expect(fleet.engines.allSatisfy { $0.lives == 2 })
  }

  @Test(arguments: [FleetPlan.pool(3), .split(2, 2)])
  func `engines that are just killed cost no request that has yet to begin its answer`(
    _ plan: FleetPlan
  ) throws {
    let fleet = try makeFleet(plan)
    for (number, engine) in fleet.engines.enumerated() {
      let death = Duration.milliseconds(503 + number * 2_500)
      fleet.world.schedule(after: death) { engine.kill() }
      fleet.world.schedule(after: death + .milliseconds(1_500)) { restart(engine) }
    }
    let calls = (0..<(fleet.engines.count * 60 + 20)).map {
      fleet.call(Self.request, after: .milliseconds(7 + $0 * 40))
    }
    #expect(fleet.violations() == [])
    let failed = calls.filter { !$0.generated.isComplete }
    #expect(
      failed.isEmpty, "\(failed.count) of \(calls.count): \(failed.compactMap { $0.answer?.text })")
  }
}
