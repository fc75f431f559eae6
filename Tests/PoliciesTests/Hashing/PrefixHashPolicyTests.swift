import Testing
import Vocabulary

@testable import Policies

struct PrefixHashPolicyTests {
  private static func policy(
    _ ids: some Sequence<Int>, _ change: (inout PolicySettings) -> Void = { _ in }
  ) -> PrefixHashPolicy {
    var settings = PolicySettings()
    change(&settings)
    var policy = PrefixHashPolicy(settings)
    policy.noteMembers(Fleet.members(ids))
    return policy
  }

  private static func chain(_ seed: UInt64, blocks: Int) -> [UInt64] {
    (0..<blocks).map { SplitMix64.mix(seed &* 1000 &+ UInt64($0)) }
  }

  /// Requests (or as many prompts' tokens) on four workers, of which the first is the first choice,
  /// and whether it stays so under the cap of ⌈1.25·(sum + 1)/4⌉.
  @Test(
    arguments: [
      ([0, 0, 0, 0], true), ([1, 0, 0, 0], false),  // ⌈1.25·2/4⌉ = 1
      ([1, 1, 1, 1], true),  // ⌈1.25·5/4⌉ = 2
      ([2, 1, 1, 1], false),  // ⌈1.25·6/4⌉ = 2
      ([4, 4, 4, 4], true),  // ⌈1.25·17/4⌉ = 6
      ([5, 4, 4, 4], true), ([6, 4, 4, 4], false),  // ⌈1.25·19/4⌉ = 6
      ([7, 4, 4, 4], false),  // ⌈1.25·20/4⌉ = 7
    ] as [([Int], Bool)])
  func `a prefix stays with its worker up to a quarter above the mean`(
    loads: [Int], stays: Bool
  ) {
    let request = Fleet.request(prefix: Self.chain(5, blocks: 6))
    for isTokens in [false, true] {
      var policy = Self.policy(0..<4)
      guard let first = Pool(ids: 0..<4).id(for: request, by: &policy) else { continue }
      var pool = Pool(ids: 0..<4)
      for (offset, load) in loads.enumerated() {
        let id = (first + offset) % 4
        // In tokens a request counts what its prompt has: 6 blocks of 128.
        pool.workers[id] = Pool.worker(
          id, requests: isTokens ? 0 : load, tokens: isTokens ? load * 768 : 0)
      }
      var generator = SplitMix64(seed: 1)
      let choice = pool.choice(of: &policy, &generator, for: request)
      #expect((choice?.index == first) == stays)
      #expect(choice?.reason == (choice?.index == first ? .hash : .hashSpill))
    }
  }

  @Test func `a prefix that has too much goes on to the same second worker every time`() {
    var policy = Self.policy(0..<8)
    var seconds: Set<Int> = []
    for key in 0..<40 as Range<UInt64> {
      let request = Fleet.request(prefix: Self.chain(key, blocks: 4))
      guard let first = Pool(ids: 0..<8).id(for: request, by: &policy) else { continue }
      var pool = Pool(loads: Array(repeating: (2, 0), count: 8))
      pool.workers[first] = Pool.worker(first, requests: 20, tokens: 0)
      let second = pool.id(for: request, by: &policy)
      // The same one when the first is away instead of full, or when others have other loads.
      #expect(Pool(ids: (0..<8).filter { $0 != first }).id(for: request, by: &policy) == second)
      for id in 0..<8 where id != first {
        pool.workers[id] = Pool.worker(id, requests: 1 + id % 3, tokens: 0)
      }
      #expect(pool.id(for: request, by: &policy) == second)
      seconds.insert(second ?? -1)
    }
    #expect(seconds.count > 4)
  }

  @Test(arguments: [(4, 4), (9, 4), (2, 2), (1, 1)])
  func `a prefix is its first four blocks, or all when it has fewer`(blocks: Int, used: Int) {
    var policy = Self.policy(0..<64)
    let chain = Self.chain(3, blocks: blocks)
    let same = Self.chain(3, blocks: used)
    let other = Array(same.dropLast()) + [77]
    let pool = Pool(ids: 0..<64)
    let id = pool.id(for: Fleet.request(prefix: chain), by: &policy)
    #expect(pool.id(for: Fleet.request(prefix: same + [1, 2]), by: &policy) == id || used < 4)
    #expect(pool.id(for: Fleet.request(prefix: same), by: &policy) == id)
    #expect(pool.id(for: Fleet.request(prefix: other), by: &policy) != id)
  }

  @Test(arguments: [
    PolicyName.prefixHash, .consistentHash, .rendezvousHash, .stickyLeastLoaded,
  ])
  func `prompts without a block are spread by load, not sent to one worker`(name: PolicyName) {
    var policy = name.make()
    policy.noteMembers(Fleet.members(0..<5))
    var generator = SplitMix64(seed: 4)
    let shares = Pool(ids: 0..<5).shares(of: &policy, draws: 1000, &generator)
    // 4 degrees of freedom: above 18.47 once in a thousand.
    #expect(chiSquare(shares) < 18.47)
  }

  @Test(arguments: [PolicyName.prefixHash, .consistentHash, .rendezvousHash])
  func `requests without a session meet by prefix, and a hot prefix is still spread`(
    name: PolicyName
  ) {
    var policy = name.make()
    policy.noteMembers(Fleet.members(0..<8))
    var generator = SplitMix64(seed: 4)
    let hot = Fleet.request(prefix: Self.chain(1, blocks: 4))
    let first = Pool(ids: 0..<8).choice(of: &policy, &generator, for: hot)?.index
    for _ in 0..<50 {
      #expect(Pool(ids: 0..<8).choice(of: &policy, &generator, for: hot)?.index == first)
    }
    var pool = Pool(ids: 0..<8)
    for _ in 0..<80 { pool.add(hot, by: &policy, &generator) }
    #expect(pool.workers.allSatisfy { $0.requestsInFlight <= 13 })  // ⌈1.25·80/8⌉
  }

  /// 1,000 prefixes of which few are hot (popularity 1/rank), four times over, nothing ending.
  @Test(arguments: [4, 16], [1.0, 1.25, 2.0])
  func `no worker ever has more than the factor times the mean and one`(n: Int, factor: Double) {
    var policy = Self.policy(0..<n) { $0.prefixHashLoadFactor = factor }
    var generator = SplitMix64(seed: 11)
    var pool = Pool(ids: 0..<n)
    var total = 0
    for rank in 1...1000 {
      for _ in 0..<max(1, 400 / rank) {
        let blocks = 1 + Int(generator.next() % 40)
        let common = Self.chain(UInt64(rank), blocks: 4)
        let own = Self.chain(generator.next(), blocks: blocks)
        pool.add(Fleet.request(prefix: common + own), by: &policy, &generator)
        total += 1
        let most = pool.workers.map(\.requestsInFlight).max() ?? 0
        #expect(Double(most) <= factor * Double(total) / Double(n) + 1)
      }
    }
    // Without any room above the mean, requests alone decide when no worker is below both caps.
    guard factor > 1 else { return }
    let tokens = pool.workers.map(\.tokensInFlight.number)
    let mean = Double(tokens.reduce(0, +)) / Double(n)
    // One prompt more than the cap: 44 blocks of 128 tokens at most.
    #expect(Double(tokens.max() ?? 0) <= factor * mean + 44 * 128)
  }

  @Test func `even prefixes are shared out as evenly as dice`() {
    var policy = Self.policy(0..<16)
    var shares = [Int](repeating: 0, count: 16)
    for key in 0..<16_000 as Range<UInt64> {
      let id = Pool(ids: 0..<16).id(
        for: Fleet.request(prefix: Self.chain(key, blocks: 5)), by: &policy)
      shares[id ?? 0] += 1
    }
    // 15 degrees of freedom: above 37.70 once in a thousand.
    #expect(chiSquare(shares) < 37.70)
  }

  /// A worker with a tenth of a share is full at a tenth of the load.
  @Test func `a worker that starts slowly has a small cap`() {
    var policy = Self.policy(0..<4)
    for key in 0..<20 as Range<UInt64> {
      let request = Fleet.request(prefix: Self.chain(key, blocks: 4))
      guard let first = Pool(ids: 0..<4).id(for: request, by: &policy) else { continue }
      var pool = Pool(loads: Array(repeating: (10, 0), count: 4))
      pool.workers[first].share = 0.1
      #expect(pool.id(for: request, by: &policy) != first)
      pool.workers[first] = Pool.worker(first, requests: 1, tokens: 0)
      pool.workers[first].share = 0.1  // ⌈1.25·32·0.1/3.1⌉ = 2
      #expect(pool.id(for: request, by: &policy) == first)
    }
  }
}

extension Pool {
  /// Lets `policy` choose for `request` and counts it in.
  mutating func add(
    _ request: RequestTraits, by policy: inout some Policy, _ generator: inout SplitMix64
  ) {
    guard let choice = choice(of: &policy, &generator, for: request) else { return }
    workers[choice.index].requestsInFlight += 1
    workers[choice.index].tokensInFlight.number += request.promptTokens.number
  }
}
