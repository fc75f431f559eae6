import Simulation
import Testing
import Vocabulary

/// How fast a client's hang-up reaches the engines over loopback sockets, by one clock: all run on
/// one loop, so each figure holds three turns of it. Measured on two cores, debug build, otherwise
/// idle: see docs/simulation.md. The bounds here leave room for a machine that does other things:
/// one sample of a hundred may be of a thread that had to wait for its core.
@Suite(.serialized) struct HangUpLatencyTests {
  private func plan(seed: UInt64, _ request: FleetRequest) -> StormPlan {
    var plan = StormPlan(seed: seed)
    plan.callCount = 200
    plan.concurrency = 8
    plan.prefillCount = 1
    plan.decodeCount = 1
    plan.misfortunePause = nil
    plan.requests = [request]
    plan.attempts = 3
    plan.cachesPrefixes = false
    plan.prefillTimeout = .seconds(20)
    plan.requestTimeout = .seconds(40)
    return plan
  }

  @Test func `a decode engine sees its leg close soon after the client has left`() throws {
    var plan = plan(
      seed: 1,
      .chat("never ending", maxTokens: 2000, streams: true, extra: #","ignore_eos":true"#))
    plan.manner = .leavesAtHead
    plan.speed = 1
    let report = try StormTests.run(plan)
    #expect(report.faultCount == 0, "\(report)")
    let closings = try #require(report.closings[.decode])
    #expect(closings.count == plan.callCount)
    #expect(closings.percentile(90) <= .milliseconds(100), "\(closings)")
    #expect(closings.percentile(99) <= .seconds(1), "\(closings)")
  }

  @Test func `a prefill engine with steps ahead of it sees its leg close soon`() throws {
    var plan = plan(seed: 2, .completion(StormPlan.longPrompt, maxTokens: 4))
    plan.manner = .leavesSoon
    plan.delays = 10..<60
    plan.speed = 1
    let report = try StormTests.run(plan)
    #expect(report.faultCount == 0, "\(report)")
    let closings = try #require(report.closings[.prefill])
    #expect(closings.count > plan.callCount * 9 / 10)
    #expect(closings.percentile(90) <= .milliseconds(100), "\(closings)")
    #expect(closings.percentile(99) <= .seconds(1), "\(closings)")
  }

  @Test func `a handle that is made after the client has left is soon given back`() throws {
    var plan = plan(seed: 3, .chat(String(repeating: "some words ", count: 120), maxTokens: 4))
    plan.manner = .leavesSoon
    plan.delays = 3..<12
    plan.speed = 4
    plan.concurrency = 4
    plan.callCount = 100
    plan.timesHandles = true
    let report = try StormTests.run(plan)
    #expect(report.faultCount == 0, "\(report)")
    #expect(report.pinnings.count > plan.callCount / 2)
    #expect(report.pinnings.percentile(90) <= .milliseconds(200), "\(report.pinnings)")
    #expect(report.pinnings.percentile(99) <= .seconds(1), "\(report.pinnings)")
  }
}
