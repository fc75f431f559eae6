import Testing
import Vocabulary

@testable import Policies

struct CostFitTests {
  private func isNear(_ value: Double, _ expected: Double, percent: Double) -> Bool {
    abs(value - expected) <= expected * percent / 100
  }

  /// 15 ms, 80 µs a token, 60 µs a queued token, 0.5 ms a decode.
  private func seconds(_ own: Int, _ queued: Int, _ decodes: Int) -> Double {
    0.015 + 0.00008 * Double(own) + 0.00006 * Double(queued) + 0.0005 * Double(decodes)
  }

  private func fit(
    samples: Int, noiseShare: Double, generator: inout SplitMix64,
    speed: Double = 1, on old: CostFit = CostFit()
  ) -> CostFit {
    var fit = old
    for _ in 0..<samples {
      let own = Int(generator.next(upperBound: UInt64(6_000)))
      let queued = Int(generator.next(upperBound: UInt64(8_000)))
      let decodes = Int(generator.next(upperBound: UInt64(128)))
      let took = seconds(own, queued, decodes) / speed * (1 + noiseShare * noise(&generator))
      fit.note(
        CostFactors(uncached: own, queuedAhead: queued, activeDecodes: decodes),
        took: .seconds(took), at: 0)
    }
    return fit
  }

  private let probes = [(0, 0, 0), (100, 0, 0), (2_000, 0, 20), (5_000, 6_000, 100)]

  @Test(arguments: [(0.0, 0.5), (0.05, 8), (0.2, 30)])
  func `linear costs are recovered from noisy samples`(noiseShare: Double, percent: Double) {
    for seed in 1...20 as ClosedRange<UInt64> {
      var generator = SplitMix64(seed: seed)
      let fit = fit(samples: 200, noiseShare: noiseShare, generator: &generator)
      for (own, queued, decodes) in probes.dropFirst(2) {
        let factors = CostFactors(uncached: own, queuedAhead: queued, activeDecodes: decodes)
        let expected = seconds(own, queued, decodes)
        #expect(isNear(fit.seconds(factors), expected, percent: percent), "seed \(seed)")
      }
      #expect(isNear(fit.seconds(ofComputing: 3_000), 0.24, percent: percent), "seed \(seed)")
    }
  }

  @Test func `without noise the fixed part is recovered too`() {
    var generator = SplitMix64(seed: 1)
    let fit = fit(samples: 100, noiseShare: 0, generator: &generator)
    for (own, queued, decodes) in probes {
      let factors = CostFactors(uncached: own, queuedAhead: queued, activeDecodes: decodes)
      #expect(isNear(fit.seconds(factors), seconds(own, queued, decodes), percent: 0.5))
    }
  }

  @Test(arguments: [0.25, 0.5, 2, 4])
  func `after a change of speed the old one is forgotten`(speed: Double) {
    var generator = SplitMix64(seed: 6)
    let before = fit(samples: 500, noiseShare: 0.05, generator: &generator)
    let after = fit(
      samples: 300, noiseShare: 0.05, generator: &generator, speed: speed, on: before)
    let factors = CostFactors(uncached: 4_000, queuedAhead: 4_000, activeDecodes: 64)
    let expected = seconds(4_000, 4_000, 64)
    #expect(isNear(before.seconds(factors), expected, percent: 8))
    #expect(isNear(after.seconds(factors), expected / speed, percent: 8))
  }

  @Test func `one stalled request hardly moves a known cost`() {
    var generator = SplitMix64(seed: 7)
    var fit = fit(samples: 200, noiseShare: 0.05, generator: &generator)
    let factors = CostFactors(uncached: 1_000)
    let before = fit.seconds(factors)
    fit.note(factors, took: .seconds(500), at: 0)
    #expect(isNear(fit.seconds(factors), before, percent: 10))
  }

  @Test func `the first requests to a cold engine are soon outweighed`() {
    var generator = SplitMix64(seed: 8)
    var fit = CostFit()
    for _ in 0..<3 { fit.note(CostFactors(uncached: 500), took: .seconds(10), at: 0) }
    fit = self.fit(samples: 200, noiseShare: 0.05, generator: &generator, on: fit)
    let factors = CostFactors(uncached: 2_000, queuedAhead: 2_000, activeDecodes: 32)
    #expect(isNear(fit.seconds(factors), seconds(2_000, 2_000, 32), percent: 10))
  }

  @Test func `one size alone is predicted at that size, and others lie between`() {
    var fit = CostFit()
    for _ in 0..<100 { fit.note(CostFactors(uncached: 700), took: .seconds(0.1), at: 0) }
    #expect(isNear(fit.seconds(CostFactors(uncached: 700)), 0.1, percent: 1))
    let half = fit.seconds(CostFactors(uncached: 350))
    #expect(half > 0.04 && half < 0.1)
    #expect(fit.seconds(CostFactors(uncached: 7_000)) > 0.1)
  }

  @Test func `longer work that seems to be quicker is taken to cost no less`() {
    var fit = CostFit()
    for step in 1...100 {
      let tokens = step * 37 % 100 * 50
      fit.note(
        CostFactors(uncached: tokens), took: .seconds(0.2 - 0.00003 * Double(tokens)), at: 0)
    }
    let short = fit.seconds(CostFactors(uncached: 0))
    #expect(fit.seconds(CostFactors(uncached: 100_000)) >= short)
    #expect(short > 0.05 && short < 0.2)
    #expect(fit.seconds(ofComputing: 1_000) == 0)
  }

  @Test func `a negative duration teaches nothing, a zero one counts`() {
    var fit = CostFit()
    for _ in 0..<100 {
      fit.note(CostFactors(uncached: 10), took: .nanoseconds(-1), at: 0)
      fit.note(CostFactors(uncached: 10), took: .seconds(Int64.min), at: 0)
    }
    #expect(!fit.isKnown)
    for _ in 0..<16 { fit.note(CostFactors(uncached: 10), took: .zero, at: 0) }
    #expect(fit.isKnown)
    #expect(fit.seconds(CostFactors(uncached: 10)) == 0)
  }

  @Test func `a fit is fresh for 4,096 decisions after its last sample`() {
    var fit = CostFit()
    #expect(!fit.isFresh(at: 0))
    for _ in 0..<16 { fit.note(CostFactors(uncached: 10), took: .zero, at: 5) }
    #expect(fit.isFresh(at: 5 + 4_096))
    #expect(!fit.isFresh(at: 5 + 4_097))
    #expect(fit.isKnown)
  }

  @Test func `after a long pause sixteen samples outweigh all earlier ones`() {
    var fit = CostFit()
    let factors = CostFactors(uncached: 1_000)
    for _ in 0..<500 { fit.note(factors, took: .seconds(9), at: 0) }
    for sample in 1...16 {
      fit.note(factors, took: .seconds(0.1), at: 4_097)
      #expect(fit.isKnown)
      #expect(fit.isFresh(at: 4_097) == (sample == 16))
    }
    #expect(fit.seconds(factors) < 0.12)
  }
}
