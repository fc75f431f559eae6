import Policies
import Testing
import Vocabulary

struct CacheAwarePolicyTests {
  /// A worker's requests and tokens in flight, and the blocks of ten that it holds.
  typealias Row = (requests: Int, tokens: Int, blocks: Int)

  static func request(tokens: Int = 1000, blocks: Int = 10) -> RequestTraits {
    var request = RequestTraits(promptTokens: TokenCount(tokens))
    request.prefix = Prompts.chain(0..<blocks)
    return request
  }

  private func workers(_ rows: [Row]) -> [WorkerSnapshot] {
    rows.enumerated().map { number, row in
      var worker = Pool.worker(number, requests: row.requests, tokens: row.tokens)
      worker.cachedBlocks = row.blocks
      return worker
    }
  }

  /// What is chosen, which must not depend on the generator.
  private func choice(
    _ workers: [WorkerSnapshot], _ request: RequestTraits = request(),
    _ settings: PolicySettings = PolicySettings()
  ) -> Choice? {
    var choices: [Choice?] = []
    for seed in 0..<20 as Range<UInt64> {
      var policy = CacheAwarePolicy(settings: settings)
      var generator = SplitMix64(seed: seed)
      choices.append(
        workers.withUnsafeBufferPointer {
          policy.choose(for: request, among: $0, using: &generator)
        })
    }
    #expect(choices.allSatisfy { $0 == choices[0] })
    return choices[0]
  }

  @Test(
    arguments: [
      // whoever has most, while loads are alike
      ([(1, 1000, 0), (1, 1000, 8), (1, 1000, 4)], 1, ChoiceReason.prefixHit, 300.0),
      // 2,000 tokens in flight weigh as much as two blocks
      ([(2, 3000, 10), (1, 900, 8)], 1, .prefixHit, 290),
      ([(2, 3000, 10), (1, 1100, 8)], 0, .prefixHit, 300),
      // so much to do that it is better computed anew
      ([(9, 12_000, 10), (0, 0, 0)], 1, .loadImbalance, 1000),
      ([(9, 9000, 10), (0, 0, 0)], 0, .prefixHit, 900),
      // three blocks of ten are not more than the threshold
      ([(2, 0, 3), (1, 500, 0)], 1, .prefixMiss, 1),
      ([(2, 0, 4), (1, 500, 0)], 0, .prefixHit, 600),
      // nobody has any: requests decide, then tokens
      ([(2, 0, 0), (1, 9000, 0), (1, 8000, 0)], 2, .prefixMiss, 1),
      // out of balance: load alone decides
      ([(66, 0, 10), (1, 9000, 0), (2, 0, 9)], 1, .loadImbalance, 1),
      // 64 more is not too much, nor is less than half as much again
      ([(65, 6500, 10), (1, 0, 0)], 0, .prefixHit, 650),
      ([(210, 1000, 10), (141, 0, 0)], 0, .prefixHit, 100),
      ([(210, 1000, 10), (139, 0, 0)], 1, .loadImbalance, 139),
      ([(7, 5, 10)], 0, .onlyCandidate, 7),
    ] as [([Row], Int, ChoiceReason, Double)])
  func `the cheapest is chosen`(
    rows: [Row], index: Int, reason: ChoiceReason, score: Double
  ) {
    #expect(choice(workers(rows)) == Choice(index: index, reason: reason, score: score))
  }

  @Test func `the operator's thresholds are those that count`() {
    var settings = PolicySettings()
    settings.cacheThreshold = 0.75
    let rows: [Row] = [(2, 0, 7), (1, 0, 0)]
    #expect(choice(workers(rows), Self.request(), settings)?.reason == .prefixMiss)
    settings.cacheThreshold = 0
    settings.balanceAbsoluteThreshold = 2
    settings.balanceRelativeThreshold = 3
    #expect(choice(workers([(3, 0, 1), (1, 0, 0)]), Self.request(), settings)?.index == 0)
    #expect(choice(workers([(4, 0, 1), (1, 0, 0)]), Self.request(), settings)?.index == 1)
    #expect(choice(workers([(6, 0, 1), (2, 0, 0)]), Self.request(), settings)?.index == 0)
  }

  @Test func `a prompt too short for a block goes to the least loaded`() {
    let request = RequestTraits(promptTokens: TokenCount(20))
    let choice = choice(workers([(1, 0, 0), (0, 0, 0), (2, 0, 0)]), request)
    #expect(choice == Choice(index: 1, reason: .prefixMiss))
  }

  @Test func `requests of others, cold pairs and slow starters count as load`() {
    var busy = workers([(0, 0, 5), (0, 0, 0)])
    busy[0].reported = ReportedLoad(foreignRequests: 6)
    #expect(choice(busy)?.index == 1)
    #expect(choice(busy)?.reason == .loadImbalance)
    var cold = workers([(0, 0, 6), (0, 0, 5)])
    cold[0].isColdPair = true
    #expect(choice(cold)?.index == 1)
    var slow = workers([(1, 1000, 0), (1, 900, 0)])
    slow[1].share = 0.1
    #expect(choice(slow)?.index == 0)
    var starting = workers([(0, 0, 6), (0, 0, 7)])
    starting[1].share = 0.1
    #expect(choice(starting)?.index == 0)
  }

  @Test(arguments: [
    (Int.max, Int.max, Int.max), (0, 0, Int.min), (Int.max, 0, 5), (0, Int.max, 11),
  ])
  func `numbers that make no sense do no harm`(requests: Int, tokens: Int, blocks: Int) {
    var pool = workers([(requests, tokens, blocks), (requests, tokens, blocks), (0, 0, 1)])
    pool[0].reported = ReportedLoad(foreignRequests: .max)
    pool[1].share = 0
    for promptTokens in [0, 1, Int.max] {
      let request = Self.request(tokens: promptTokens)
      var policy = CacheAwarePolicy()
      var generator = SplitMix64(seed: 1)
      let choice = pool.withUnsafeBufferPointer {
        policy.choose(for: request, among: $0, using: &generator)
      }
      #expect(choice != nil)
    }
  }

  @Test(arguments: [(2, 10.83), (5, 18.47), (256, 330.52)])
  func `an idle pool is drawn from evenly`(workers: Int, bound: Double) {
    var policy = CacheAwarePolicy()
    var generator = SplitMix64(seed: 77)
    let pool = Pool(ids: 0..<workers)
    #expect(chiSquare(pool.shares(of: &policy, draws: workers * 100, &generator)) < bound)
  }

  @Test func `workers with equally much of the prompt are drawn from evenly`() {
    var policy = CacheAwarePolicy()
    var generator = SplitMix64(seed: 7)
    let pool = workers([(1, 500, 8), (1, 500, 2), (1, 500, 8), (1, 500, 8), (0, 0, 0)])
    let request = Self.request()
    var shares = [0, 0, 0, 0, 0]
    pool.withUnsafeBufferPointer { candidates in
      for _ in 0..<3000 {
        let choice = policy.choose(for: request, among: candidates, using: &generator)
        if let choice { shares[choice.index] += 1 }
      }
    }
    #expect(shares[1] == 0 && shares[4] == 0)
    #expect(chiSquare([shares[0], shares[2], shares[3]]) < 13.82)
  }
}
