import Policies
import Testing
import Vocabulary

struct PowerOfTwoPolicyTests {
  // Of n workers with different loads the one of rank r (0 is the lightest) is chosen when it is
  // drawn with one of the n − 1 − r heavier ones: 2(n − 1 − r) / n(n − 1) of all pairs. Bounds are
  // the 99.9 % points of the chi-square distribution with n − 2 degrees of freedom.
  @Test(arguments: [(3, 10.83), (5, 16.27), (16, 36.12)])
  func `the share of each worker is that of its rank`(workers: Int, bound: Double) {
    var policy = PowerOfTwoPolicy()
    var generator = SplitMix64(seed: 7)
    // The ranks lie across the places: places 0, 1, 2, … have loads 0, 7, 14, … modulo n.
    let ranks = (0..<workers).map { $0 * 7 % workers }
    let pool = Pool(loads: ranks.map { ($0, 0) })
    let counts = pool.shares(of: &policy, draws: workers * 600, &generator)
    let pairs = Double(workers * (workers - 1) / 2)
    for place in ranks.indices where ranks[place] == workers - 1 { #expect(counts[place] == 0) }
    let others = ranks.indices.filter { ranks[$0] < workers - 1 }
    let expected = others.map { Double(workers - 1 - ranks[$0]) / pairs }
    #expect(abs(expected.reduce(0, +) - 1) < 1e-9)
    #expect(chiSquare(others.map { counts[$0] }, shares: expected) < bound)
  }

  @Test(arguments: [(2, 10.83), (7, 22.46), (256, 330.52)])
  func `equal workers are chosen with equal chance`(workers: Int, bound: Double) {
    var policy = PowerOfTwoPolicy()
    var generator = SplitMix64(seed: 5)
    let pool = Pool(loads: Array(repeating: (3, 70), count: workers))
    #expect(chiSquare(pool.shares(of: &policy, draws: workers * 200, &generator)) < bound)
    #expect(pool.choice(of: &policy, &generator)?.reason == .tie)
  }

  @Test func `of two the one with less to do is always chosen, by all that counts as load`() {
    let rows: [(Figures, Figures)] = [
      (Figures(requests: 1), Figures(requests: 2)),
      (Figures(requests: 2, tokens: 5), Figures(requests: 2, tokens: 6)),
      (Figures(requests: 5), Figures(requests: 1, foreign: 5)),
      (Figures(requests: 3), Figures(isCold: true)),
      (Figures(requests: 3), Figures(requests: 1, share: 0.25)),
    ]
    for (light, heavy) in rows {
      for (pool, index) in [(Pool([light, heavy]), 0), (Pool([heavy, light]), 1)] {
        var policy = PowerOfTwoPolicy()
        var generator = SplitMix64(seed: 1)
        for _ in 0..<20 {
          let choice = pool.choice(of: &policy, &generator)
          #expect(choice?.index == index && choice?.reason == .lighterOfTwo)
        }
      }
    }
  }

  /// Throws n balls into n bins by `policy`; how many bins have at least 1, 2, 3, … balls.
  private func fill(_ policy: inout some Policy, bins: Int, seed: UInt64) -> [Double] {
    var generator = SplitMix64(seed: seed)
    var pool = Pool(ids: 0..<bins)
    for _ in 0..<bins {
      if let choice = pool.choice(of: &policy, &generator) { pool.reserve(choice.index, tokens: 0) }
    }
    let most = pool.workers.map(\.requestsInFlight).max() ?? 0
    return (1...max(most, 1)).map { level in
      Double(pool.workers.count { $0.requestsInFlight >= level }) / Double(bins)
    }
  }

  // n balls into n bins: one choice fills the fullest bin to about ln n / ln ln n, two choices to
  // ln ln n / ln 2 + O(1) (Azar and others, 1994). For n = 4096 these are 3.9 and 3.1, and with the
  // constants 6 to 8 and 3 to 4 (Mitzenmacher's tables). The share of bins with a ball tends to
  // 1 − 1/e and to tanh 1, the solution of s′ = 1 − s² at 1.
  @Test(arguments: 1...4 as ClosedRange<UInt64>)
  func `the fullest of 4096 workers has as many as theory says, fewer than by chance`(
    seed: UInt64
  ) {
    var one = RandomPolicy()
    var two = PowerOfTwoPolicy()
    let random = fill(&one, bins: 4096, seed: seed)
    let lighter = fill(&two, bins: 4096, seed: seed)
    #expect((3...4).contains(lighter.count))
    #expect((5...9).contains(random.count))
    #expect(abs(lighter[0] - 0.7616) < 0.01)
    #expect(abs(random[0] - 0.6321) < 0.02)
  }
}
