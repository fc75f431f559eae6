import Testing
import Vocabulary

@testable import PDRouter

/// A candidate: `r`equest failed, order failed (`t`ried), `d`raining, `w`arm, `f`ull of calls, and
/// its load.
private func candidate(_ number: UInt32, _ traits: String, load: Int = 0) -> ReleaseCandidate {
  ReleaseCandidate(
    id: WorkerID(number: number), record: record(traits),
    isDraining: traits.contains("d"), isWarm: traits.contains("w"),
    hasRoom: !traits.contains("f"), load: load)
}

private func record(_ traits: String) -> ReleaseCandidate.Record {
  if traits.contains("t") { return .failedOrder }
  return traits.contains("r") ? .failedRequest : .clean
}

struct ReleaseCandidateTests {
  struct Row: Sendable {
    let traits: [String]
    var loads = [0, 0, 0]
    let chosen: UInt32
  }

  @Test(arguments: [
    Row(traits: ["", "", ""], chosen: 0),
    Row(traits: ["", "", ""], loads: [3, 2, 2], chosen: 1),
    Row(traits: ["", "w", "w"], loads: [0, 9, 8], chosen: 2),
    Row(traits: ["wd", "", "d"], loads: [0, 9, 0], chosen: 1),
    Row(traits: ["wt", "d", "dw"], loads: [0, 0, 9], chosen: 2),
    Row(traits: ["t", "tw", "td"], chosen: 1),
    Row(traits: ["tw", "r", "r"], loads: [0, 9, 8], chosen: 2),
    Row(traits: ["wr", "d", "tw"], loads: [0, 9, 0], chosen: 1),
    Row(traits: ["wf", "", "f"], loads: [0, 9, 0], chosen: 1),
  ])
  func `the best is untried, staying, warm and idle, in this order`(row: Row) {
    let candidates = row.traits.enumerated().map {
      candidate(UInt32($0), $1, load: row.loads[$0])
    }
    #expect(ReleaseCandidate.choose(among: candidates) == .go(WorkerID(number: row.chosen)))
  }

  @Test func `who was tried is not asked because the others are busy`() {
    #expect(ReleaseCandidate.choose(among: [candidate(0, "f"), candidate(1, "tw")]) == .busy)
    #expect(ReleaseCandidate.choose(among: [candidate(0, "tf")]) == .busy)
  }

  @Test func `without candidates there is nobody`() {
    #expect(ReleaseCandidate.choose(among: []) == .nobody)
  }
}
