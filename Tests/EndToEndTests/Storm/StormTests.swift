import EventLoop
import Simulation
import Synchronization
import Testing
import Vocabulary

/// Twenty thousand requests over loopback sockets while clients leave and engines fail.
@Suite struct StormTests {
  /// Runs a storm on a thread of its own and waits for its end.
  static func run(_ plan: StormPlan) throws -> StormReport {
    let oracle = try AnswerOracle(plan.requests)
    let box = StormBox()
    let thread = LoopThread.start(name: "storm") { loop in
      do {
        let storm = try Storm(plan, oracle, on: loop)
        storm.start()
        loop.run()
        box.report.withLock { $0 = storm.report }
      } catch {
        box.report.withLock { $0.note("\(error)") }
      }
    }
    thread.join()
    return box.report.withLock { $0 }
  }

  @Test(arguments: [(1, false), (2, true)] as [(UInt64, Bool)])
  func `no storm of hang-ups and failing engines leaves a silent client or a pinned block`(
    _ seed: UInt64, isWatched: Bool
  ) throws {
    var plan = StormPlan(seed: seed)
    plan.isWatched = isWatched
    plan.callCount = 10_000
    let report = try Self.run(plan)
    #expect(report.faultCount == 0, "\(report)")
    #expect(report.right > plan.callCount / 2, "\(report)")
    #expect(report.deaths > 10, "\(report)")
  }

  /// Two and two engines under load, one of them killed; each in turn.
  @Test(arguments: 0..<4)
  func `an engine killed under load costs no client an answer of which it has nothing`(
    _ victim: Int
  ) throws {
    var plan = StormPlan(seed: UInt64(100 + victim))
    plan.callCount = 600
    plan.prefillCount = 2
    plan.decodeCount = 2
    plan.leavingPerMille = 0
    plan.misfortunePause = nil
    plan.attempts = 3
    plan.victim = victim
    let report = try Self.run(plan)
    #expect(report.faultCount == 0, "\(report)")
    #expect(report.errorAnswers == 0 && report.emptyStreams == 0, "\(report)")
    #expect(report.right + report.errorEvents == plan.callCount, "\(report)")
  }
}

/// Where a storm's thread leaves its report.
private final class StormBox: Sendable {
  let report = Mutex(StormReport())
}
