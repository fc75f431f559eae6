import Policies
import Testing
import Vocabulary

struct DisaggregationDeciderTests {
  @Test func `the names are those of the command line`() {
    #expect(DeciderName.allCases.map(\.rawValue) == ["off", "threshold", "cost"])
  }

  @Test func `every reason has its own name`() {
    let names = Set(DisaggregationReason.allCases.map { "\($0.name)" })
    #expect(names.count == DisaggregationReason.allCases.count)
    #expect(names.isSuperset(of: ["short_prompt", "mostly_cached", "decode_cheaper", "learning"]))
  }

  @Test(arguments: [0, 1, 511, 512, 100_000])
  func `switched off, every request is split`(prompt: Int) {
    var decider = DisaggregationDecider(name: .off)
    #expect(decider.decide(.of(prompt: prompt)) == .split(.deciderOff))
  }

  @Test(
    arguments: [
      // threshold, prompt, cached on decode
      (512, 0, 0, .aggregate(.shortPrompt)),
      (512, 511, 0, .aggregate(.shortPrompt)),
      (512, 512, 0, .split(.longPrompt)),
      (512, 512, 1, .aggregate(.mostlyCached)),
      (512, 100, 90, .aggregate(.shortPrompt)),
      (512, 100_000, 99_488, .split(.longPrompt)),
      (512, 100_000, 99_489, .aggregate(.mostlyCached)),
      // a cache that claims more than there is, or less than nothing
      (512, 2_000, 3_000, .aggregate(.mostlyCached)),
      (512, 2_000, .max, .aggregate(.mostlyCached)),
      (512, 2_000, -5, .split(.longPrompt)),
      (512, 2_000, .min, .split(.longPrompt)),
      (512, -7, 0, .aggregate(.shortPrompt)),
      (512, .max, 0, .split(.longPrompt)),
      (512, .min, .min, .aggregate(.shortPrompt)),
      (0, 0, 0, .split(.longPrompt)),
      (1, 0, 0, .aggregate(.shortPrompt)),
      (1, 50, 50, .aggregate(.mostlyCached)),
      (1, 50, 49, .split(.longPrompt)),
      (.max, 1_000_000, 0, .aggregate(.shortPrompt)),
    ] as [(Int, Int, Int, DisaggregationVerdict)])
  func `by threshold, a request is split if decode would compute as much or more`(
    minimum: Int, prompt: Int, cached: Int, verdict: DisaggregationVerdict
  ) {
    var decider = DisaggregationDecider(
      name: .threshold, minimumPrefillTokens: TokenCount(minimum))
    let question = DisaggregationQuestion.of(prompt: prompt, cachedOnDecode: cached)
    #expect(decider.decide(question) == verdict)
    #expect(verdict.isSplit == (verdict.reason == .longPrompt))
  }

  @Test func `by threshold, what prefill has cached and who is busy make no difference`() {
    var decider = DisaggregationDecider(name: .threshold)
    var question = DisaggregationQuestion.of(prompt: 600)
    question.cachedOnPrefill = TokenCount(600)
    question.queuedOnPrefill = TokenCount(1_000_000)
    question.isColdPair = true
    #expect(decider.decide(question) == .split(.longPrompt))
  }

  @Test(arguments: DeciderName.allCases)
  func `a decode engine that cannot prefill is never given a whole request`(name: DeciderName) {
    var decider = DisaggregationDecider(name: name)
    decider.teach(whole: { _ in 0.001 }, prefill: { _ in 9 }, handOver: { _ in 9 })
    var question = DisaggregationQuestion.of(prompt: 3)
    question.decodeCanPrefill = false
    for _ in 0..<200 { #expect(decider.decide(question) == .split(.cannotPrefill)) }
    question.prefill = nil
    #expect(decider.decide(question) == .split(.cannotPrefill))
  }

  @Test(arguments: DeciderName.allCases)
  func `without a healthy prefill worker nothing is split`(name: DeciderName) {
    var decider = DisaggregationDecider(name: name)
    var question = DisaggregationQuestion.of(prompt: 100_000)
    question.prefill = nil
    for _ in 0..<200 { #expect(decider.decide(question) == .aggregate(.noPrefillWorker)) }
  }

  @Test(arguments: [DeciderName.off, .threshold])
  func `only costs are learned`(name: DeciderName) {
    var decider = DisaggregationDecider(name: name)
    let before = decider.decide(.of(prompt: 600))
    decider.teach(whole: { _ in 0.001 }, prefill: { _ in 9 }, handOver: { _ in 9 })
    #expect(decider.decide(.of(prompt: 600)) == before)
  }
}
