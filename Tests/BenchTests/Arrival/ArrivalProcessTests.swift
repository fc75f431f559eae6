import Testing
import Vocabulary

@testable import Bench

/// When requests are due.
@Suite struct ArrivalProcessTests {
  private static func gaps(_ process: ArrivalProcess, _ count: Int, seed: UInt64 = 1) -> [Double] {
    var generator = SplitMix64(seed: seed)
    let offsets = process.offsets(count: count, using: &generator)
    return zip(offsets, offsets.dropFirst()).map { ($1 - $0).inSeconds }
  }

  @Test(arguments: [0.25, 0.5, 1, 2, 10])
  func `gaps have the rate's mean and the shape's deviation`(burstiness: Double) {
    let gaps = Self.gaps(.rate(perSecond: 50, burstiness: burstiness), 100_001)
    let mean = gaps.reduce(0, +) / Double(gaps.count)
    let variance = gaps.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(gaps.count)
    // The last offset is the one that even gaps would have, so the mean is exact.
    #expect(abs(mean - 0.02) < 1e-9)
    // A gamma distribution's squared deviation is mean² / shape.
    #expect(abs(variance / (mean * mean) * burstiness - 1) < 0.06)
  }

  @Test func `at burstiness 1 as many gaps are long as a Poisson process has`() {
    let gaps = Self.gaps(.rate(perSecond: 10, burstiness: 1), 100_001)
    for (time, share) in [(0.1, 0.3679), (0.2, 0.1353), (0.3, 0.0498)] {
      let longer = Double(gaps.count { $0 > time }) / Double(gaps.count)
      #expect(abs(longer - share) < 0.005)
    }
  }

  @Test func `at infinite burstiness all gaps are equal`() {
    let gaps = Self.gaps(.rate(perSecond: 8, burstiness: .infinity), 100)
    #expect(gaps.allSatisfy { abs($0 - 0.125) < 1e-8 })
  }

  @Test func `a seed decides all, and another one decides otherwise`() {
    let process = ArrivalProcess.rate(perSecond: 5, burstiness: 0.7)
    #expect(Self.gaps(process, 50, seed: 3) == Self.gaps(process, 50, seed: 3))
    #expect(Self.gaps(process, 50, seed: 3) != Self.gaps(process, 50, seed: 4))
  }

  @Test(arguments: [0, 1, 2, 1000])
  func `offsets start at 0 and never go back`(count: Int) {
    var generator = SplitMix64(seed: 9)
    for rate in [1e-6, 1, 1e6] {
      let offsets = ArrivalProcess.rate(perSecond: rate, burstiness: 0.1)
        .offsets(count: count, using: &generator)
      #expect(offsets.count == count && offsets.first ?? .zero == .zero)
      #expect(offsets == offsets.sorted())
    }
    #expect(
      ArrivalProcess.atOnce.offsets(count: count, using: &generator)
        == [Duration](repeating: .zero, count: count))
  }

  @Test func `a trace is played as fast as asked for, and what is too far off is put off`() {
    let requests = [0, 1000, 400_000_000_000_000].map { milliseconds in
      TraceRequest(
        offset: .milliseconds(milliseconds), inputTokens: 1, outputTokens: 1, blocks: [])
    }
    let offsets = ArrivalProcess.offsets(of: requests, speed: 4)
    #expect(offsets == [.zero, .milliseconds(250), .seconds(1_000_000_000)])
    let slow = ArrivalProcess.offsets(of: requests, speed: 1e-6)
    #expect(slow == [.zero, .seconds(1_000_000), .seconds(1_000_000_000)])
  }
}
