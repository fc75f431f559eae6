import PDRouter
import Simulation
import Testing
import Vocabulary

/// A router that stops: with all the time it needs, and without.
@Suite struct StoppingTests {
  /// About 40 ms of prefill, some milliseconds of transfer, 240 ms of decode.
  private static func request(streams: Bool) -> FleetRequest {
    .chat(String(repeating: "a long prompt ", count: 20), maxTokens: 40, streams: streams)
  }

  @Test(arguments: [false, true])
  func `a draining router ends connections with the answers they carry`(_ streams: Bool) throws {
    let fleet = try SimulatedFleet(.split(1, 1, seed: 1))
    var request = Self.request(streams: streams)
    request.keepsAlive = true
    // The client leaves only after the router has.
    let call = fleet.call(request)
    var stoppedAt: Instant?
    fleet.world.schedule(after: .milliseconds(150)) {
      fleet.router.drain { stoppedAt = fleet.world.now }
    }
    let began = fleet.world.now
    #expect(fleet.run(within: .seconds(10)) { stoppedAt != nil })
    #expect(call.answer?.status == 200 && call.isUnderstandable)
    #expect(call.generated.isComplete)
    let stopped = try #require(stoppedAt)
    #expect(stopped - began < .seconds(3), "no idle client is waited for")
    #expect(fleet.violations() == [])
  }

  @Test(arguments: [20, 150])
  func `a router that waits no longer tells its live clients`(milliseconds: Int) throws {
    for streams in [false, true] {
      let fleet = try SimulatedFleet(.split(1, 1, seed: UInt64(milliseconds)))
      let call = fleet.call(Self.request(streams: streams))
      fleet.world.schedule(after: .milliseconds(milliseconds)) { fleet.router.abort() }
      #expect(fleet.run(within: .seconds(10)) { call.isOver })
      fleet.runOn()
      let answer = try #require(call.answer)
      #expect(call.isUnderstandable)
      #expect(answer.text.contains("\"code\":\"shutting_down\""))
      #expect(answer.status == (answer.isEventStream ? 200 : 503))
      #expect(answer.isEventStream == (streams && milliseconds == 150))
      #expect(fleet.router.liveRequests == 0 && fleet.router.liveHandles == 0)
      #expect(fleet.router.clientConnections == 0)
    }
  }
}
