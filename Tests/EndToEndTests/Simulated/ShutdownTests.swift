import PDRouter
import Simulation
import Testing
import Vocabulary

/// A router that is told to stop.
@Suite struct ShutdownTests {
  private static let request = FleetRequest.chat(
    String(repeating: "a long prompt ", count: 20), maxTokens: 12, streams: true)

  @Test(arguments: [0, 5, 20, 35, 50, 80, 120])
  func `a drained router answers what it has, takes no more, and is idle in the end`(
    _ milliseconds: Int
  ) throws {
    let fleet = try SimulatedFleet(.split(1, 1))
    let calls = (0..<3).map { fleet.call(Self.request, after: .milliseconds($0)) }
    fleet.runOn(for: .milliseconds(milliseconds + 3))
    var idleCount = 0
    fleet.router.drain { idleCount += 1 }
    let late = fleet.call(Self.request)
    fleet.runUntilAnswered()
    fleet.runOn()
    #expect(idleCount == 1)
    #expect(late.isBroken && late.answer == nil)
    let right = try AnswerOracle([Self.request]).answer(to: Self.request)
    for call in calls { #expect(call.generated == right) }
    #expect(fleet.violations(tolerating: .brokenClients) == [])
  }

  @Test func `an idle keep-alive connection does not hold up a drain`() throws {
    let fleet = try SimulatedFleet(.pool(1))
    var request = FleetRequest.chat("keep the line")
    request.keepsAlive = true
    let call = fleet.call(request)
    fleet.runOn()
    #expect(call.generated.isComplete && !call.isOver)
    var isIdle = false
    fleet.router.drain { isIdle = true }
    #expect(fleet.run(within: .seconds(1)) { isIdle && call.isOver })
    #expect(fleet.violations() == [])
  }

  @Test func `a router that is killed leaves its engines free`() throws {
    for step in 0..<20 {
      let fleet = try SimulatedFleet(.split(1, 1, seed: UInt64(step)))
      let call = fleet.call(Self.request)
      fleet.runOn(for: .microseconds(4000 + step * 7000))
      fleet.routerHost.crash(leaving: step % 2 == 0 ? .ends : .resets)
      fleet.run { call.isOver }
      fleet.runOn(for: .milliseconds(5))
      for engine in fleet.engines { #expect(engine.engine.liveRequests == 0, "step \(step)") }
      fleet.runUntilQuiet()
      for engine in fleet.engines {
        #expect(engine.engine.scheduler.figures == .zero && engine.wrongReads == 0)
      }
    }
  }
}
