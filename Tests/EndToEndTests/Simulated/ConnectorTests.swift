import KVTransfer
import PDRouter
import Simulation
import Testing
import Vocabulary

/// Every connector from end to end, with engines that speak its dialect.
@Suite struct ConnectorTests {
  private static let requests: [FleetRequest] = [
    .chat(String(repeating: "a long prompt ", count: 20), maxTokens: 12),
    .chat(String(repeating: "a long prompt ", count: 20), maxTokens: 12, streams: true),
    .completion(String(repeating: "another prompt ", count: 20), maxTokens: 9, streams: true),
    .completion(String(repeating: "another prompt ", count: 20), maxTokens: 9),
  ]

  /// A fleet that has had time to ask its engines for their names.
  private func fleet(
    _ connector: EngineConnector, _ prefills: Int, _ decodes: Int, seed: UInt64 = 1,
    together: Bool = false
  ) throws -> SimulatedFleet {
    var plan = FleetPlan.split(prefills, decodes, seed: seed).speaking(connector)
    plan.router.connectorOptions.legsLeaveTogether = together
    plan.router.timeouts.request = .seconds(8)
    plan.router.timeouts.prefill = .seconds(3)
    let fleet = try SimulatedFleet(plan)
    if plan.watchesWorkers { fleet.runOn(for: .milliseconds(50)) }
    return fleet
  }

  @Test(arguments: EngineConnector.allCases, [false, true])
  func `both engines serve every request and keep nothing`(
    _ connector: EngineConnector, _ together: Bool
  ) throws {
    let fleet = try fleet(connector, 2, 2, together: together)
    for (number, request) in Self.requests.enumerated() {
      fleet.call(request, after: .milliseconds(number * 300))
    }
    #expect(fleet.violations() == [])
    #expect(try AnswerOracle(Self.requests).wrongAnswers(in: fleet) == [])
    #expect(fleet.calls.allSatisfy { $0.generated.isComplete })
    #expect(fleet.engines.allSatisfy { $0.generations == 2 })
    #expect(fleet.engines.reduce(0) { $0 + $1.consumedHandles } == 4)
    #expect(fleet.router.handleCounts.consumed == 4)
  }

  @Test(arguments: EngineConnector.allCases, [false, true])
  func `a client that leaves at any moment leaves nothing behind`(
    _ connector: EngineConnector, _ together: Bool
  ) throws {
    let oracle = try AnswerOracle(Self.requests)
    for step in 0..<48 {
      let fleet = try fleet(connector, 1, 1, seed: UInt64(step), together: together)
      let call = fleet.call(Self.requests[step % 4])
      let moment = Duration.microseconds(2 + step * 3100)
      fleet.world.schedule(after: moment) { call.client?.hangUp(step % 3 == 0 ? .reset : .close) }
      #expect(
        fleet.violations() + oracle.wrongAnswers(in: fleet) == [], "\(moment) after the start")
    }
  }

  @Test(arguments: EngineConnector.allCases, 0..<4)
  func `an engine killed at any moment is made good or ends in a clear error`(
    _ connector: EngineConnector, _ victim: Int
  ) throws {
    let oracle = try AnswerOracle(Self.requests)
    for step in 0..<16 {
      let fleet = try fleet(connector, 2, 2, seed: UInt64(step))
      for request in Self.requests { fleet.call(request) }
      let moment = Duration.microseconds(step * 11_000)
      fleet.world.schedule(after: moment) { fleet.engines[victim].kill() }
      let found = fleet.violations() + oracle.wrongAnswers(in: fleet)
      #expect(found == [], "\(fleet.engines[victim].name) dies after \(moment)")
      for call in fleet.calls where !call.generated.isComplete {
        let attempts = fleet.journal.record(of: call.id)?.attempts ?? 0
        #expect(
          call.generated.texts.contains { !$0.isEmpty },
          "after \(moment): \(call.generated) in \(attempts) attempts")
      }
    }
  }
}
