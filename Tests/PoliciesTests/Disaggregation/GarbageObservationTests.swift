import Testing
import Vocabulary

@testable import Policies

struct GarbageObservationTests {
  private static let numbers = [
    0, 1, -1, 7, 512, 513, 4_096, 1 << 22, 1 << 40, Int.max, Int.min, Int.min + 1,
  ]
  private static let durations: [Duration] = [
    .zero, .nanoseconds(1), .nanoseconds(-1), .milliseconds(30), .seconds(1), .seconds(599),
    .seconds(1 << 40), .seconds(Int64.max), .seconds(Int64.min),
  ]

  private func number(_ generator: inout SplitMix64) -> Int {
    Self.numbers[Int(generator.next(upperBound: UInt64(Self.numbers.count)))]
  }

  private func duration(_ generator: inout SplitMix64) -> Duration {
    Self.durations[Int(generator.next(upperBound: UInt64(Self.durations.count)))]
  }

  @Test(arguments: 1...10 as ClosedRange<UInt64>)
  func `whatever is seen, a fit stays finite and never negative`(seed: UInt64) {
    var generator = SplitMix64(seed: seed)
    var fit = CostFit()
    var impossible: [Double] = []
    for _ in 0..<300 {
      let factors = CostFactors(
        uncached: number(&generator), queuedAhead: number(&generator),
        activeDecodes: number(&generator))
      fit.note(factors, took: duration(&generator), at: 0)
      for probe in Self.numbers {
        let factors = CostFactors(uncached: probe, queuedAhead: probe, activeDecodes: probe)
        let seconds = [fit.seconds(factors), fit.seconds(ofComputing: probe)]
        impossible += seconds.filter { !$0.isFinite || $0 < 0 }
      }
    }
    #expect(impossible.isEmpty)
  }

  @Test(arguments: Self.numbers)
  func `one thing seen for ever, however odd, is predicted as it was`(number: Int) {
    for duration in Self.durations where duration >= .zero {
      var fit = CostFit()
      let factors = CostFactors(uncached: number, queuedAhead: number, activeDecodes: number)
      for _ in 0..<400 { fit.note(factors, took: duration, at: 0) }
      let expected = min(duration.inSeconds, 600)
      #expect(abs(fit.seconds(factors) - expected) <= expected * 0.01)
    }
  }

  @Test(arguments: 1...10 as ClosedRange<UInt64>)
  func `a decider told garbage still answers, and comes to its senses`(seed: UInt64) {
    var generator = SplitMix64(seed: seed)
    var decider = DisaggregationDecider(name: .cost, decodeTaxWeight: 0)
    for _ in 0..<500 {
      let workers = (0..<2).map { _ in WorkerID(number: generator.next(upperBound: UInt32(4))) }
      let counts = (0..<3).map { _ in TokenCount(number(&generator)) }
      let took = duration(&generator)
      switch generator.next(upperBound: UInt64(4)) {
      case 0:
        decider.note(
          .prefillDone(
            worker: workers[0], uncached: counts[0], queuedAhead: counts[1], took: took))
      case 1:
        decider.note(
          .handOver(
            prefill: workers[0], decode: workers[1], tokens: counts[0],
            isColdPair: generator.next() % 2 == 0, took: took))
      case 2:
        decider.note(
          .servedWhole(
            worker: workers[0], uncached: counts[0], queuedAhead: counts[1],
            activeDecodes: counts[2].number, took: took))
      default: decider.note(.workerLeft(workers[0]))
      }
      var question = DisaggregationQuestion.of(
        prompt: number(&generator), cachedOnDecode: number(&generator))
      question.cachedOnPrefill = counts[0]
      question.queuedOnDecode = counts[1]
      question.queuedOnPrefill = counts[2]
      question.activeDecodes = number(&generator)
      question.isColdPair = generator.next() % 2 == 0
      _ = decider.decide(question)
    }
    for _ in 0..<10 {
      decider.teach(
        whole: { 0.020 + 0.0001 * Double($0) }, prefill: { 0.010 + 0.00005 * Double($0) },
        handOver: { 0.030 + 0.00001 * Double($0) })
    }
    #expect(decider.decide(.of(prompt: 200)) == .aggregate(.decodeCheaper))
    #expect(decider.decide(.of(prompt: 1_500)) == .split(.prefillCheaper))
  }
}
