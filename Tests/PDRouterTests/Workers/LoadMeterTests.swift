import Policies
import Testing
import Vocabulary

@testable import PDRouter

struct LoadMeterTests {
  /// Takes readings of tokens and waiting requests ten seconds apart; the speed after each.
  private func speeds(_ readings: [(tokens: Double, waiting: Double)]) -> [Double] {
    var meter = LoadMeter()
    return readings.enumerated().map { number, said in
      let reading = EngineReading(
        running: 1, waiting: said.waiting, tokens: said.tokens, isLoad: true)
      return meter.note(
        reading, ours: 0, at: Instant(nanoseconds: Int64(number) * 10_000_000_000)
      ).tokensPerSecond
    }
  }

  @Test(
    arguments: [
      // nobody waits: what it makes is not what it could make
      ([(0, 0), (500, 0), (1000, 0)], [0, 0, 0]),
      // somebody waits at one end only: it may have been idle between
      ([(0, 0), (500, 3), (1000, 0)], [0, 0, 0]),
      // saturated: 1,000 a second, then 2,000 a second weighs three tenths
      ([(0, 1), (10_000, 1), (30_000, 1)], [0, 1000, 1300]),
      // what it does without having to shows what it can, but not that it cannot
      ([(0, 1), (10_000, 1), (11_000, 0), (41_000, 0)], [0, 1000, 1000, 1600]),
      // stuck under load: it slows down
      ([(0, 1), (10_000, 1), (10_000, 1)], [0, 1000, 700]),
      // counters that go back are another engine's
      ([(0, 1), (10_000, 1), (50, 1), (50_050, 1)], [0, 1000, 0, 5000]),
    ] as [([(tokens: Double, waiting: Double)], [Double])])
  func `a speed is what it does while it does all it can`(
    readings: [(tokens: Double, waiting: Double)], expected: [Double]
  ) {
    for (speed, wanted) in zip(speeds(readings), expected) { #expect(abs(speed - wanted) < 1e-6) }
  }

  @Test func `what waits for KV from elsewhere does not saturate an engine`() {
    let reading = EngineReading(running: 1, waiting: 2, deferred: 2, isLoad: true)
    #expect(!reading.isSaturated)
    #expect(EngineReading(waiting: 3, deferred: 2).isSaturated)
  }

  @Test(
    arguments: [
      (5.0, 2.0, 3, 4), (5, 2, 7, 0), (5, 2, 90, 0), (0, 0, 0, 0), (1e300, 1e300, 1, 1_999_999_999),
      (3, 0, -4, 3),
    ] as [(Double, Double, Int, Int)])
  func `what is not ours is others', never less than nothing`(
    running: Double, waiting: Double, ours: Int, foreign: Int
  ) {
    var meter = LoadMeter()
    let load = meter.note(
      EngineReading(running: running, waiting: waiting, isLoad: true), ours: ours, at: .zero)
    #expect(load.foreignRequests == foreign)
    #expect(load.running + load.waiting >= foreign)
  }

  @Test func `readings that follow at once teach nothing of speed and forget nothing`() {
    var meter = LoadMeter()
    func note(_ tokens: Double, _ milliseconds: Int64) -> Double {
      meter.note(
        EngineReading(waiting: 1, tokens: tokens, isLoad: true), ours: 0,
        at: Instant(nanoseconds: milliseconds * 1_000_000)
      ).tokensPerSecond
    }
    #expect(note(0, 0) == 0 && note(800, 100) == 0 && note(800, 100) == 0)
    #expect(note(2000, 1000) == 2000)
  }
}
