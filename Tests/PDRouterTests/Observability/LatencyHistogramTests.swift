import Testing
import Vocabulary

@testable import PDRouter

struct LatencyHistogramTests {
  static let bounds = [HistogramBounds.durations, .stages, .tokens]

  @Test(arguments: bounds)
  func `a duration falls into the first bucket that is not below it`(_ bounds: HistogramBounds) {
    var generator = SplitMix64(seed: 3)
    var samples: [Int64] = [.min, -1, 0, 1, 2, .max]
    for second in bounds.seconds {
      let bound = Int64((second * 1e9).rounded())
      samples += [bound - 1, bound, bound + 1]
    }
    for _ in 0..<2000 {
      samples.append(Int64.random(in: 0...(1 << Int64.random(in: 0...42, using: &generator))))
    }
    for sample in samples {
      let place = bounds.seconds.firstIndex { Double(sample) <= ($0 * 1e9).rounded() }
      #expect(bounds.place(of: sample) == place ?? bounds.seconds.count, "\(sample) ns")
    }
  }

  @Test func `the baseline's bounds are among those of durations and stages`() {
    let baseline = [
      0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30, 45, 60, 90, 120, 180,
      240,
    ]
    #expect(Set(baseline).isSubset(of: HistogramBounds.durations.seconds))
    #expect(Set(baseline).isSubset(of: HistogramBounds.stages.seconds))
  }

  @Test func `sum and count are exact, however small the pieces`() {
    let histogram = LatencyHistogram(.tokens)
    var sum: Int64 = 0
    var generator = SplitMix64(seed: 4)
    for _ in 0..<10_000 {
      let nanoseconds = Int64.random(in: 0...1999, using: &generator)
      histogram.record(nanoseconds: nanoseconds)
      sum += nanoseconds
    }
    histogram.record(.nanoseconds(-5))
    histogram.record(nanoseconds: 7, zeros: 3)
    #expect(histogram.count == 10_005)
    #expect(histogram.sum == Double((sum + 7) / 1000) / 1e6)
  }

  @Test func `years of many requests do not overflow the sum`() {
    let histogram = LatencyHistogram()
    for _ in 0..<1000 { histogram.record(.seconds(100 * 365 * 86_400)) }
    #expect(histogram.sum == 100_000 * 365 * 86_400)
  }
}
