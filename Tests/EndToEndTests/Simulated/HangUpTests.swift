import KVTransfer
import PDRouter
import Simulation
import Testing
import Vocabulary

/// Clients that hang up at every moment of a request's life.
@Suite struct HangUpTests {
  /// About 40 ms of prefill, some milliseconds of transfer, 80 ms of decode.
  private static func request(streams: Bool) -> FleetRequest {
    .chat(String(repeating: "a long prompt ", count: 20), maxTokens: 12, streams: streams)
  }

  /// Runs one request whose client leaves `moment` after it began to connect.
  private func leave(
    _ fleet: SimulatedFleet, _ request: FleetRequest, at moment: Duration,
    _ ending: ClientScript.Ending
  ) -> FleetCall {
    let call = fleet.call(request)
    fleet.world.schedule(after: moment) { call.client?.hangUp(ending) }
    fleet.run { call.isOver }
    return call
  }

  @Test(arguments: [false, true], [ClientScript.Ending.close, .reset])
  func `a client that leaves at any moment leaves nothing behind`(
    _ streams: Bool, _ ending: ClientScript.Ending
  ) throws {
    let request = Self.request(streams: streams)
    let oracle = try AnswerOracle([request])
    var outcomes: Set<String> = []
    for step in 0..<90 {
      let fleet = try SimulatedFleet(.split(1, 1, seed: UInt64(step)))
      let moment = Duration.microseconds(2 + step * 1700)
      let call = leave(fleet, request, at: moment, ending)
      let found = fleet.violations() + oracle.wrongAnswers(in: fleet)
      #expect(found == [], "\(moment) after the start")
      if let record = fleet.journal.record(of: call.id) {
        outcomes.insert("\(record.outcome.rawValue) \(record.handleOutcome)")
      }
    }
    #expect(outcomes.isSuperset(of: ["client_gone releasing", "completed consumed"]))
    #expect(outcomes.contains("client_gone consumed") == streams)
  }

  @Test(arguments: [20, 40, 60, 80])
  func `engines are free within milliseconds of a hang-up`(_ milliseconds: Int) throws {
    let fleet = try SimulatedFleet(.split(1, 1))
    let call = leave(
      fleet, Self.request(streams: true), at: .milliseconds(milliseconds), .close)
    fleet.runOn(for: .milliseconds(2))
    #expect(fleet.router.liveRequests == 0 && fleet.router.liveHandles == 0)
    for engine in fleet.engines { #expect(engine.engine.liveRequests == 0) }
    #expect(call.hungUp)
    #expect(fleet.violations() == [])
  }

  @Test func `a client of a single pool that leaves frees its engine`() throws {
    for step in 0..<40 {
      let fleet = try SimulatedFleet(.pool(1, seed: UInt64(step)))
      _ = leave(
        fleet, Self.request(streams: step % 2 == 0), at: .microseconds(2 + step * 3300), .close)
      fleet.runOn(for: .milliseconds(2))
      #expect(fleet.engines[0].engine.liveRequests == 0)
      #expect(fleet.violations() == [])
    }
  }

  @Test func `one client's hang-up does not touch its neighbours`() throws {
    let fleet = try SimulatedFleet(.split(1, 1))
    let request = Self.request(streams: true)
    let neighbours = (0..<3).map { _ in fleet.call(request) }
    for step in 0..<12 {
      let call = fleet.call(request)
      fleet.world.schedule(after: .milliseconds(10 + step * 15)) { call.client?.hangUp(.reset) }
    }
    #expect(fleet.violations() == [])
    let right = try AnswerOracle([request]).answer(to: request)
    for call in neighbours { #expect(call.generated == right) }
  }
}
