import EventLoop
import PDRouter
import Simulation
import Testing
import Vocabulary

/// A slow client holds back its engine, not the router's memory.
@Suite struct BackPressureTests {
  private static let request = FleetRequest.chat(
    "a very long answer", maxTokens: 3000, streams: true, extra: #","ignore_eos":true"#)

  private func plan(_ base: FleetPlan) -> FleetPlan {
    var plan = base
    plan.conditions.kernelBufferByteCount = 8 * 1024
    plan.router.limits.clientHighWatermarkBytes = 32 * 1024
    plan.router.limits.clientLowWatermarkBytes = 8 * 1024
    return plan
  }

  @Test(arguments: [FleetPlan.split(1, 1), .pool(1)])
  func `a slow client's bytes wait at the engine`(_ base: FleetPlan) throws {
    let fleet = try SimulatedFleet(plan(base))
    let serving = try #require(fleet.engines.last)
    let call = fleet.call(Self.request) { script in
      script.pace = .init(byteCount: 16 * 1024, interval: .seconds(1))
    }
    var mostInRouter = 0
    var mostInEngine = 0
    fleet.run(within: .seconds(600)) {
      mostInRouter = max(mostInRouter, fleet.routerHost.mostBufferedBytes)
      mostInEngine = max(mostInEngine, serving.host.mostBufferedBytes)
      return call.isOver
    }
    // One read beyond the watermark, since it is looked at after each.
    #expect(mostInRouter > 32 * 1024 && mostInRouter <= 32 * 1024 + 8 * 1024 + 64 * 1024)
    #expect(mostInEngine > 200_000)
    #expect(fleet.violations() == [])
    #expect(try AnswerOracle([Self.request]).wrongAnswers(in: fleet) == [])
    #expect(call.generated.isComplete)
  }

  @Test func `a slow client does not hold up a fast one`() throws {
    let fleet = try SimulatedFleet(plan(.split(1, 1)))
    let slow = fleet.call(Self.request) { script in
      script.steps.insert(.pauseReading, at: 1)
      script.steps[2] = .wait(.seconds(60))
      script.steps.insert(contentsOf: [.resumeReading, .awaitEnd], at: 3)
    }
    let fast = fleet.call(.chat("quick", maxTokens: 20, streams: true), after: .seconds(1))
    #expect(fleet.run(within: .seconds(3)) { fast.isOver })
    #expect(fast.generated.isComplete && !slow.isOver)
    #expect(fleet.run(within: .seconds(400)) { slow.isOver })
    #expect(slow.generated.isComplete)
    #expect(fleet.violations() == [])
  }

  @Test func `a client that leaves while held back frees its engine`() throws {
    let fleet = try SimulatedFleet(plan(.split(1, 1)))
    let call = fleet.call(Self.request) { script in
      script.steps.insert(.pauseReading, at: 1)
      script.hangUps = [(.elapsed(.seconds(2)), .reset)]
    }
    fleet.run { call.isOver }
    fleet.runOn(for: .milliseconds(2))
    #expect(fleet.decodes[0].engine.liveRequests == 0)
    #expect(fleet.violations() == [])
  }
}
