import PDRouter
import Policies
import Simulation
import Testing
import Vocabulary

/// What others have put on an engine is seen by what it says of itself.
@Suite struct ReportedLoadTests {
  /// Six clients that ask engine 0 of `fleet` itself, for longer than any test lasts.
  private func strangers(of fleet: SimulatedFleet) -> [SimulatedClient] {
    (0..<6).map { number in
      let request = FleetRequest.chat(
        "stranger \(number)", maxTokens: 10_000, streams: true, extra: #","ignore_eos":true"#)
      return SimulatedClient(
        on: fleet.clientHost.loop, to: fleet.engines[0].address,
        ClientScript([.send(request.bytes(host: "engine", id: "stranger-\(number)")), .awaitEnd]))
    }
  }

  private func makeFleet(_ policy: PolicyName, interval: Duration) throws -> SimulatedFleet {
    var plan = FleetPlan.pool(3)
    plan.watchesWorkers = true
    plan.engine.cost.kvTokens = 131_072
    plan.router.policy = policy
    plan.router.loadCheckInterval = interval
    plan.router.health.timeout = .seconds(1)
    return try SimulatedFleet(plan)
  }

  /// How many of 30 short requests, one after the other, each engine gets.
  private func shares(of fleet: SimulatedFleet) -> [Int] {
    let before = fleet.engines.map(\.generations)
    let calls = (0..<30).map { number in
      fleet.call(.chat("request \(number)", maxTokens: 2), after: .milliseconds(number * 60))
    }
    fleet.run(within: .seconds(20)) { calls.allSatisfy(\.isOver) }
    for call in calls { #expect(call.generated.isComplete) }
    return zip(fleet.engines.map(\.generations), before).map { $0 - $1 }
  }

  private func expectCleanEnd(_ fleet: SimulatedFleet, _ strangers: [SimulatedClient]) {
    for stranger in strangers { stranger.hangUp(.close) }
    #expect(fleet.violations() == [])
  }

  @Test(arguments: [PolicyName.powerOfTwo, .leastLoad, .kvLoad, .kvAware])
  func `an engine that others have loaded gets nothing from the next look on`(
    policy: PolicyName
  ) throws {
    let fleet = try makeFleet(policy, interval: .seconds(10))
    fleet.runOn(for: .seconds(1))
    let strangers = strangers(of: fleet)
    fleet.runOn(for: .seconds(1))
    // Nobody has looked since the strangers came.
    #expect(shares(of: fleet)[0] > 2)
    fleet.runOn(for: .seconds(10))
    #expect(shares(of: fleet)[0] == 0)
    expectCleanEnd(fleet, strangers)
  }

  @Test func `without looking the router knows of its own requests only`() throws {
    let fleet = try makeFleet(.leastLoad, interval: .zero)
    let strangers = strangers(of: fleet)
    fleet.runOn(for: .seconds(15))
    #expect(shares(of: fleet)[0] > 2)
    #expect(fleet.engines.allSatisfy { $0.visits.allSatisfy { $0.target != "/metrics" } })
    expectCleanEnd(fleet, strangers)
  }

  @Test func `what an engine said is forgotten when it says nothing for three intervals`() throws {
    let fleet = try makeFleet(.leastLoad, interval: .seconds(4))
    let strangers = strangers(of: fleet)
    fleet.runOn(for: .seconds(5))
    #expect(shares(of: fleet)[0] == 0)
    // The router does not reach it for a while; when it does again, the next look is yet to come.
    fleet.world.partition(fleet.routerHost, fleet.engines[0].host)
    fleet.runOn(for: .seconds(13))
    fleet.world.heal(fleet.routerHost, fleet.engines[0].host)
    #expect(shares(of: fleet)[0] > 2)
    fleet.runOn(for: .seconds(6))
    #expect(shares(of: fleet)[0] == 0)
    expectCleanEnd(fleet, strangers)
  }
}
