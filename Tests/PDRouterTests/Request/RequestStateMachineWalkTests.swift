import KVTransfer
import Testing

@testable import PDRouter

/// Random walks of a machine as a driver would lead it, on a real ledger.
struct RequestStateMachineWalkTests {
  @Test(arguments: 1...5)
  func `random walks end every handle once, deliver none twice and retry nothing that has begun`(
    attempts: Int
  ) {
    var (unwindings, givenBack, consumed, takenBack) = (0, 0, 0, 0)
    for seed in 0..<UInt64(6_000) {
      var walk = MachineWalk(seed: seed &* 5 &+ UInt64(attempts), attempts: attempts)
      walk.run()
      let isRight =
        walk.faults.isEmpty && walk.endings == 1 && walk.machine.isOver && walk.choices <= attempts
      guard isRight else {
        let (faults, endings, choices) = (walk.faults, walk.endings, walk.choices)
        Issue.record("seed \(seed): \(faults), \(endings) endings, \(choices) choices")
        return
      }
      unwindings += walk.unwindings
      givenBack += walk.givenBack
      consumed += walk.ledger.counts.consumed
      takenBack += walk.ledger.counts.takenBack
    }
    // The walks have been where it matters.
    #expect(unwindings > 50)
    #expect(givenBack > 100)
    #expect(consumed > 100)
    #expect(attempts == 1 || takenBack > 100)
  }
}
