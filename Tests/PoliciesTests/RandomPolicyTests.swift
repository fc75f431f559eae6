import Policies
import Testing
import Vocabulary

struct RandomPolicyTests {
  // Bounds are the 99.9 % points of the chi-square distribution with n − 1 degrees of freedom; the
  // seeds are fixed, so a test passes always or never.
  @Test(arguments: [(2, 10.83), (3, 13.82), (7, 22.46), (16, 37.70), (256, 330.52)])
  func `every worker gets an equal share`(workers: Int, bound: Double) {
    var policy = RandomPolicy()
    var generator = SplitMix64(seed: 0xC0FFEE)
    let shares = Pool(ids: 0..<workers).shares(of: &policy, draws: workers * 400, &generator)
    #expect(shares.reduce(0, +) == workers * 400)
    #expect(chiSquare(shares) < bound)
  }

  @Test func `pairs of choices are independent`() {
    var policy = RandomPolicy()
    var generator = SplitMix64(seed: 11)
    let pool = Pool(ids: 0..<4)
    var pairs = [Int](repeating: 0, count: 16)
    for _ in 0..<8000 {
      let first = pool.chosenID(of: &policy, &generator) ?? 0
      let second = pool.chosenID(of: &policy, &generator) ?? 0
      pairs[first * 4 + second] += 1
    }
    #expect(chiSquare(pairs) < 37.70)
  }

  // Of equal workers but for one with a quarter share, each has 4/13 and that one 1/13.
  @Test func `a worker that starts slowly gets its share of a part`() {
    var policy = RandomPolicy()
    var generator = SplitMix64(seed: 13)
    let pool = Pool([Figures(), Figures(share: 0.25), Figures(), Figures()])
    let counts = pool.shares(of: &policy, draws: 13_000, &generator)
    #expect(chiSquare(counts, shares: [4, 1, 4, 4].map { $0 / 13 }) < 16.27)
  }

  @Test func `where nobody has any share somebody is drawn all the same`() {
    var policy = RandomPolicy()
    var generator = SplitMix64(seed: 14)
    let pool = Pool(Array(repeating: Figures(share: 0), count: 4))
    #expect(chiSquare(pool.shares(of: &policy, draws: 4000, &generator)) < 16.27)
  }

  @Test func `load does not matter`() {
    var policy = RandomPolicy()
    var generator = SplitMix64(seed: 5)
    let pool = Pool(loads: [(0, 0), (1_000, 1_000_000)])
    let shares = pool.shares(of: &policy, draws: 2000, &generator)
    #expect(chiSquare(shares) < 10.83)
  }

  @Test func `the statistic tells an unfair share from a fair one`() {
    #expect(chiSquare([600, 400]) > 10.83)
  }
}
