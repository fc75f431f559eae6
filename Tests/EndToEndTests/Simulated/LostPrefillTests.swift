import KVTransfer
import PDRouter
import Simulation
import Testing
import Vocabulary

/// Prefill legs that were sent and whose answers nobody ever reads, at engines that live on and
/// keep what they have made: what has a name all the same is given back by it, long before the
/// engine's own time-out.
@Suite struct LostPrefillTests {
  /// How the router loses the leg.
  enum Loss: CaseIterable {
    /// Prefill takes too long.
    case timesOut
    /// The client of a long prompt leaves.
    case clientLeaves
    /// The request's time is over.
    case requestEnds
  }

  private static let short = FleetRequest.completion(
    String(repeating: "a long prompt ", count: 20), maxTokens: 5)
  /// Of more than one step.
  private static let long = FleetRequest.completion(
    String(repeating: "longer prompt ", count: 700), maxTokens: 4)

  /// A fleet in which the router hears nothing of the first prefill engine for a while.
  private func fleet(
    _ connector: EngineConnector, together: Bool, _ loss: Loss
  ) throws -> SimulatedFleet {
    var plan = FleetPlan.split(2, 2).speaking(connector)
    plan.router.connectorOptions.legsLeaveTogether = together
    plan.router.timeouts.prefill = loss == .timesOut ? .seconds(1) : .seconds(30)
    plan.router.timeouts.request = loss == .requestEnds ? .seconds(1) : .seconds(30)
    let fleet = try SimulatedFleet(plan)
    if plan.watchesWorkers { fleet.runOn(for: .milliseconds(50)) }
    // Who waits for prefill would take what it makes.
    if together { fleet.decodes[0].engine.faults.add(EngineFault(.hang, remaining: 1)) }
    return fleet
  }

  /// A client that leaves legs that are out together cuts neither.
  static let losses: [(EngineConnector, together: Bool, Loss)] = [
    (.mooncake, false, .timesOut), (.mooncake, false, .clientLeaves),
    (.mooncake, false, .requestEnds), (.mooncake, true, .timesOut), (.mooncake, true, .requestEnds),
    (.moriioWrite, true, .timesOut), (.moriioWrite, true, .requestEnds),
  ]

  @Test(arguments: losses)
  func `what prefill made for nobody is free seconds later, not after its time-out`(
    _ connector: EngineConnector, _ together: Bool, _ loss: Loss
  ) throws {
    let fleet = try fleet(connector, together: together, loss)
    let call = fleet.call(loss == .clientLeaves ? Self.long : Self.short)
    let first = fleet.prefills[0]
    // The answer is under way, and arrives at nobody's.
    #expect(fleet.run(within: .seconds(1)) { first.generations == 1 })
    fleet.world.partition(first.host, fleet.routerHost, oneWay: true)
    fleet.runOn(for: .milliseconds(900))
    #expect(first.engine.scheduler.exports.pinnedBlocks > 0)
    if loss == .clientLeaves { call.client?.hangUp(.close) }
    fleet.runOn(for: .milliseconds(200))
    fleet.world.healAll()
    fleet.runOn(for: .seconds(1))
    #expect(first.engine.scheduler.exports.pinnedBlocks == 0)
    #expect(first.expiredHandles == 0)
    #expect(fleet.violations() == [])
    #expect(call.generated.isComplete == (loss == .timesOut))
    let counts = fleet.router.handleCounts
    #expect(counts.abandoned == 0)
    #expect(counts.releasedBy[.rejectedRequest] == 1 && counts.released == 1)
  }

  @Test func `a prefill that is told before it has made anything keeps nothing`() throws {
    for step in 0..<24 {
      let fleet = try fleet(.mooncake, together: false, .clientLeaves)
      let call = fleet.call(Self.long)
      let moment = Duration.milliseconds(1 + step * 12)
      fleet.world.schedule(after: moment) { call.client?.hangUp(.close) }
      #expect(fleet.violations() == [], "\(moment) after the start")
      #expect(fleet.engines.allSatisfy { $0.expiredHandles == 0 })
      #expect(fleet.router.handleCounts.abandoned == 0)
    }
  }
}
