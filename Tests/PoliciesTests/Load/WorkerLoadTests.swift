import Policies
import Testing
import Vocabulary

struct WorkerLoadTests {
  @Test(
    arguments: [
      (Figures(), 0),
      (Figures(requests: 3), 3),
      // what others put there counts as our own does
      (Figures(requests: 3, foreign: 4), 7),
      (Figures(requests: 3, foreign: 0), 3),
      // a cold pair is worth four requests
      (Figures(requests: 3, isCold: true), 7),
      (Figures(requests: 1, foreign: 2, isCold: true), 7),
      // a worker that is to be given a tenth looks ten times as busy, an idle one idle
      (Figures(requests: 3, share: 0.5), 6),
      (Figures(requests: 1, foreign: 1, isCold: true, share: 0.1), 60),
      (Figures(share: 0.1), 0),
      // no share makes a load infinite, or not a number
      (Figures(requests: 1, share: 0), 100),
      (Figures(requests: 1, share: -1), 100),
      (Figures(share: 0), 0),
      (Figures(requests: 2, share: 3), 2),
    ] as [(Figures, Double)])
  func `a load is requests of all, with what is cold and slow about it`(
    figures: Figures, requests: Double
  ) {
    let load = WorkerLoad(of: figures.snapshot(0))
    #expect(abs(load.requests - requests) < 1e-9)
  }

  @Test func `fewer requests come first, then fewer tokens`() {
    func load(_ requests: Int, _ tokens: Int) -> WorkerLoad {
      WorkerLoad(of: Pool.worker(0, requests: requests, tokens: tokens))
    }
    #expect(load(1, 900) < load(2, 0))
    #expect(load(2, 1) < load(2, 2) && !(load(2, 2) < load(2, 1)))
    #expect(!(load(2, 2) < load(2, 2)) && load(2, 2) == load(2, 2))
  }

  @Test func `an engine that says absurd numbers traps nothing`() {
    let figures = Figures(requests: .max, foreign: .max, isCold: true, share: 1e-300)
    #expect(WorkerLoad(of: figures.snapshot(0)).requests.isFinite)
    let report = ReportedLoad(
      foreignRequests: -5, running: -1, waiting: .min, kvUsage: .nan, tokensPerSecond: -.infinity)
    #expect(report == ReportedLoad())
  }
}
