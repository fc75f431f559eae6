import Policies
import Testing
import Vocabulary

/// Decisions by cost against costs worked out by hand.
///
/// Unless said otherwise, a whole request takes 20 ms and 100 µs a token; split, its prefill takes
/// 10 ms and 50 µs a token, its hand-over 30 ms and 10 µs a token. Then splitting costs less from
/// 0.040 + 0.00006 u < 0.020 + 0.0001 u, that is from u > 500 on.
struct CostDecisionTests {
  private func taught(taxWeight: Double = 0) -> DisaggregationDecider {
    var decider = DisaggregationDecider(name: .cost, decodeTaxWeight: taxWeight)
    decider.teach(
      whole: { 0.020 + 0.0001 * Double($0) }, prefill: { 0.010 + 0.00005 * Double($0) },
      handOver: { 0.030 + 0.00001 * Double($0) })
    return decider
  }

  @Test(
    arguments: [
      (0, false), (100, false), (480, false), (520, true), (1_000, true), (100_000, true),
    ])
  func `a request takes the cheaper way`(prompt: Int, isSplit: Bool) {
    var decider = taught()
    let expected: DisaggregationVerdict =
      isSplit ? .split(.prefillCheaper) : .aggregate(.decodeCheaper)
    #expect(decider.decide(.of(prompt: prompt)) == expected)
  }

  @Test func `what decode has cached it neither computes nor fetches`() {
    var decider = taught()
    // Prefill computes all 2,000: 0.010 + 0.100; 480 move: 0.030 + 0.0048. Whole: 0.020 + 0.048.
    #expect(
      decider.decide(.of(prompt: 2_000, cachedOnDecode: 1_520)) == .aggregate(.decodeCheaper))
    // Cached on prefill as well, it computes 480 only, which is still dearer, by 0.8 ms; 520 is
    // not.
    for (held, isSplit) in [(1_520, false), (1_480, true)] {
      var question = DisaggregationQuestion.of(prompt: 2_000, cachedOnDecode: held)
      question.cachedOnPrefill = TokenCount(held)
      #expect(decider.decide(question).isSplit == isSplit)
    }
  }

  @Test(arguments: [(212, false), (232, true)])
  func `what prefill has cached still moves to decode`(prompt: Int, isSplit: Bool) {
    // Prefill computes nothing: 0.040 + 0.00001 u < 0.020 + 0.0001 u from u > 222 on.
    var decider = taught()
    var question = DisaggregationQuestion.of(prompt: prompt)
    question.cachedOnPrefill = TokenCount(prompt)
    #expect(decider.decide(question).isSplit == isSplit)
  }

  @Test func `tokens queued ahead cost what own ones do until queues are seen`() {
    var decider = taught()
    // 300 tokens: whole 50 ms, split 58 ms. 100 queued on decode add 10 ms, on prefill 5 ms.
    var question = DisaggregationQuestion.of(prompt: 300)
    question.queuedOnDecode = TokenCount(100)
    #expect(decider.decide(question) == .split(.prefillCheaper))
    question.queuedOnPrefill = TokenCount(100)
    #expect(decider.decide(question) == .aggregate(.decodeCheaper))
    // 3,000 tokens: whole 320 ms, split 220 ms; 2,200 queued on prefill add 110 ms.
    question = .of(prompt: 3_000)
    question.queuedOnPrefill = TokenCount(1_800)
    #expect(decider.decide(question).isSplit)
    question.queuedOnPrefill = TokenCount(2_200)
    #expect(!decider.decide(question).isSplit)
  }

  @Test func `the decode tax counts delayed streams by its weight`() {
    // 300 tokens: whole 50 ms, split 58 ms, tax 30 ms for each running stream.
    for (weight, streams, isSplit) in [
      (0, 1_000, false), (0.1, 0, false), (0.1, 2, false), (0.1, 3, true), (1, 1, true),
      (0.01, 26, false), (0.01, 28, true),
    ] {
      var decider = taught(taxWeight: weight)
      var question = DisaggregationQuestion.of(prompt: 300)
      question.activeDecodes = streams
      #expect(decider.decide(question).isSplit == isSplit, "\(weight) \(streams)")
    }
  }

  @Test(arguments: [(weight: 0.0, splitOf100: 50), (weight: 0.1, splitOf100: 86)])
  func `over a mixed trace the share that is split is the one worked out by hand`(
    weight: Double, splitOf100: Int
  ) {
    // Prompts of 5, 15, … 995 tokens. Without tax those over 500 are split: 50 of 100. With ten
    // streams at a weight of 0.1 a token served whole costs as much again, so it is those over
    // 0.020 / 0.00014 = 142.9: all but the 14 from 5 to 135.
    var decider = taught(taxWeight: weight)
    var generator = SplitMix64(seed: 5)
    var trace = (0..<1_000).map { $0 % 100 * 10 + 5 }
    trace.shuffle(using: &generator)
    var splits = 0
    for prompt in trace {
      var question = DisaggregationQuestion.of(prompt: prompt)
      question.activeDecodes = 10
      if decider.decide(question).isSplit { splits += 1 }
    }
    #expect(splits == splitOf100 * 10)
  }

  @Test func `the share holds when the costs were learned through noise`() {
    var decider = DisaggregationDecider(name: .cost, decodeTaxWeight: 0)
    var generator = SplitMix64(seed: 11)
    for _ in 0..<4 {
      decider.teach(
        whole: { (0.020 + 0.0001 * Double($0)) * (1 + 0.1 * noise(&generator)) },
        prefill: { (0.010 + 0.00005 * Double($0)) * (1 + 0.1 * noise(&generator)) },
        handOver: { (0.030 + 0.00001 * Double($0)) * (1 + 0.1 * noise(&generator)) })
    }
    let splits = (0..<100).count { decider.decide(.of(prompt: $0 * 10 + 5)).isSplit }
    #expect((35...65).contains(splits), "50 by hand, \(splits) by noisy lessons")
  }

  @Test func `an engine that has become slower gets fewer requests`() {
    var decider = taught()
    #expect(!decider.decide(.of(prompt: 300)).isSplit)
    decider.teach(
      whole: { 0.020 + 0.0002 * Double($0) }, prefill: { 0.010 + 0.00005 * Double($0) },
      handOver: { 0.030 + 0.00001 * Double($0) })
    decider.teach(
      whole: { 0.020 + 0.0002 * Double($0) }, prefill: { 0.010 + 0.00005 * Double($0) },
      handOver: { 0.030 + 0.00001 * Double($0) })
    // Now from 0.020 / 0.00014 = 143 tokens on.
    #expect(decider.decide(.of(prompt: 160)).isSplit)
    #expect(!decider.decide(.of(prompt: 125)).isSplit)
  }
}
