import Policies
import Testing
import Vocabulary

struct ExploringTests {
  @Test(
    arguments: [
      (0, .aggregate(.learning)), (511, .aggregate(.learning)), (512, .split(.learning)),
    ] as [(Int, DisaggregationVerdict)])
  func `until costs are known the threshold decides`(
    prompt: Int, verdict: DisaggregationVerdict
  ) {
    var decider = DisaggregationDecider(name: .cost)
    #expect(decider.decide(.of(prompt: prompt)) == verdict)
  }

  @Test func `fifteen samples of one way teach too little, sixteen enough`() {
    var decider = DisaggregationDecider(name: .cost)
    for step in 1...16 {
      decider.note(.prefilled(step * 100, seconds: 0.01))
      decider.note(.handedOver(step * 100, seconds: 0.01))
    }
    for step in 1...15 { decider.note(.servedWhole(step * 100, seconds: 0.01)) }
    #expect(decider.decide(.of(prompt: 1)).reason == .learning)
    decider.note(.servedWhole(1_600, seconds: 0.01))
    #expect(decider.decide(.of(prompt: 1)).reason == .decodeCheaper)
  }

  @Test(arguments: [(600, true), (300, false)])
  func `while a way is not known, one borderline request in 64 takes it`(
    prompt: Int, usuallySplit: Bool
  ) {
    var decider = DisaggregationDecider(name: .cost)
    var places: [Int] = []
    for place in 1...256 {
      let verdict = decider.decide(.of(prompt: prompt))
      if verdict.reason == .exploring { places.append(place) }
      #expect(verdict.isSplit == (usuallySplit != (verdict.reason == .exploring)))
    }
    #expect(places == [64, 128, 192, 256])
  }

  @Test(arguments: [127, 2_052, 100_000])
  func `a request that would pay for it is not used to explore`(prompt: Int) {
    var decider = DisaggregationDecider(name: .cost)
    let reasons = (0..<500).map { _ in decider.decide(.of(prompt: prompt)).reason }
    #expect(reasons.allSatisfy { $0 == .learning })
  }

  @Test(arguments: [1, 100_000])
  func `a threshold far from the standard one still lets borderline requests explore`(
    minimum: Int
  ) {
    var decider = DisaggregationDecider(
      name: .cost, minimumPrefillTokens: TokenCount(minimum))
    let explored = (0..<640).count { _ in decider.decide(.of(prompt: 512)).reason == .exploring }
    #expect(explored == 10)
  }

  @Test func `when both ways are known and fresh nothing explores`() {
    var decider = DisaggregationDecider(name: .cost)
    decider.teach(whole: { _ in 0.1 }, prefill: { _ in 0.2 }, handOver: { _ in 0.2 })
    let reasons = (0..<4_000).map { _ in decider.decide(.of(prompt: 512)).reason }
    #expect(reasons.allSatisfy { $0 == .decodeCheaper })
  }

  @Test func `a way not taken for 4,096 decisions is explored again, and recovers`() {
    var decider = DisaggregationDecider(name: .cost, decodeTaxWeight: 0)
    // Decode was seen in a bad hour.
    decider.teach(whole: { _ in 9 }, prefill: { _ in 0.2 }, handOver: { _ in 0.2 })
    var explored = 0
    var firstTaken: Int?
    for place in 0..<6_000 {
      let verdict = decider.decide(.of(prompt: 512))
      if verdict.isSplit {
        decider.note(.prefilled(512, seconds: 0.2))
        decider.note(.handedOver(512, seconds: 0.2))
      } else {
        decider.note(.servedWhole(512, seconds: 0.1))
        if verdict.reason == .exploring { explored += 1 } else { firstTaken = firstTaken ?? place }
      }
    }
    // Stale after 4,096 decisions; then at most 16 samples, one in 64.
    #expect((1...16).contains(explored))
    #expect(firstTaken.map { (4_096...5_300).contains($0) } == true)
  }

  @Test func `exploring one way costs the share that is promised and no more`() {
    var decider = DisaggregationDecider(name: .cost)
    decider.teach(whole: { _ in 9 }, prefill: { _ in 0.2 }, handOver: { _ in 0.2 })
    for _ in 0..<4_096 { _ = decider.decide(.of(prompt: 600)) }
    for place in 0..<6_400 where place % 10 == 0 {
      decider.note(.prefilled(600, seconds: 0.2))
      decider.note(.handedOver(600, seconds: 0.2))
    }
    let explored = (0..<6_400).count { _ in
      let verdict = decider.decide(.of(prompt: 600))
      return verdict.reason == .exploring && !verdict.isSplit
    }
    #expect(explored == 100)
  }

  @Test func `a worker never seen is taken for one like the others`() {
    var decider = DisaggregationDecider(name: .cost)
    decider.teach(whole: { _ in 0.1 }, prefill: { _ in 0.2 }, handOver: { _ in 0.2 })
    var question = DisaggregationQuestion(
      promptTokens: TokenCount(5_000), prefill: WorkerID(number: 77), decode: WorkerID(number: 78))
    #expect(decider.decide(question) == .aggregate(.decodeCheaper))
    // And not for the one that is known to be slow.
    for step in 1...50 {
      decider.note(.servedWhole(step * 90, seconds: 3, on: WorkerID(number: 79)))
    }
    question.decode = WorkerID(number: 79)
    #expect(decider.decide(question) == .split(.prefillCheaper))
    #expect(decider.decide(.of(prompt: 4_000)) == .aggregate(.decodeCheaper))
  }

  @Test func `what a worker took is forgotten when it leaves`() {
    var decider = DisaggregationDecider(name: .cost, decodeTaxWeight: 0)
    let slow = WorkerID(number: 9)
    for step in 1...50 { decider.note(.servedWhole(step * 90, seconds: 3, on: slow)) }
    decider.teach(whole: { _ in 0.1 }, prefill: { _ in 0.2 }, handOver: { _ in 0.2 })
    decider.teach(whole: { _ in 0.1 }, prefill: { _ in 0.2 }, handOver: { _ in 0.2 })
    let question = DisaggregationQuestion(
      promptTokens: TokenCount(4_000), prefill: prefillWorker, decode: slow)
    #expect(decider.decide(question).isSplit)
    decider.note(.workerLeft(slow))
    #expect(!decider.decide(question).isSplit)
    decider.note(.workerLeft(slow))
  }

  @Test func `what a pair took is forgotten when either of it leaves`() {
    for leaver in [prefillWorker, decodeWorker] {
      var decider = DisaggregationDecider(name: .cost, decodeTaxWeight: 0)
      let other = WorkerID(number: 5)
      decider.teach(whole: { _ in 1 }, prefill: { _ in 0.2 }, handOver: { _ in 9 })
      for step in 1...400 {
        decider.note(
          .handOver(
            prefill: other, decode: other, tokens: TokenCount(step * 10), isColdPair: false,
            took: .milliseconds(20)))
      }
      #expect(!decider.decide(.of(prompt: 1_000)).isSplit)
      decider.note(.workerLeft(leaver))
      #expect(decider.decide(.of(prompt: 1_000)).isSplit)
    }
  }

  @Test func `hand-overs unseen for long are explored even while prefill is seen`() {
    var decider = DisaggregationDecider(name: .cost)
    decider.teach(whole: { _ in 0.1 }, prefill: { _ in 0.2 }, handOver: { _ in 0.2 })
    var explored = 0
    for _ in 0..<(4_096 + 640) {
      let verdict = decider.decide(.of(prompt: 600))
      if verdict == .split(.exploring) { explored += 1 }
      decider.note(.prefilled(600, seconds: 0.2))
      decider.note(.servedWhole(600, seconds: 0.1))
    }
    #expect(explored == 10)
  }

  @Test func `a handshake counts, and still strangers get acquainted now and then`() {
    var decider = DisaggregationDecider(name: .cost, decodeTaxWeight: 0)
    decider.teach(whole: { _ in 1 }, prefill: { _ in 0.2 }, handOver: { _ in 0.2 })
    var question = DisaggregationQuestion.of(prompt: 100_000)
    #expect(decider.decide(question) == .split(.prefillCheaper))
    question.isColdPair = true
    let verdicts = (0..<640).map { _ in decider.decide(question) }
    #expect(verdicts.count { $0 == .split(.exploring) } == 10)
    #expect(verdicts.count { $0 == .aggregate(.decodeCheaper) } == 630)
  }

  @Test func `handshakes seen to be quick no longer keep strangers apart`() {
    var decider = DisaggregationDecider(name: .cost, decodeTaxWeight: 0)
    decider.teach(whole: { _ in 1 }, prefill: { _ in 0.2 }, handOver: { _ in 0.2 })
    var question = DisaggregationQuestion.of(prompt: 1_000)
    question.isColdPair = true
    #expect(!decider.decide(question).isSplit)
    // 0.3 s in all: 0.1 s of handshake.
    for _ in 0..<30 { decider.note(.handedOver(1_000, seconds: 0.3, isColdPair: true)) }
    #expect(decider.decide(question) == .split(.prefillCheaper))
    // Once acquainted, the lessons of first contacts do not weigh.
    question.isColdPair = false
    #expect(decider.decide(question) == .split(.prefillCheaper))
  }
}
