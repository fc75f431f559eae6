import Policies
import Testing
import Vocabulary

struct KVLoadPolicyTests {
  /// Figures, who is chosen, and the cost in seconds worked out by hand.
  @Test(
    arguments: [
      // nobody says anything: 2,000 tokens a second, so the fewest tokens
      ([Figures(requests: 1, tokens: 4000), Figures(requests: 9, tokens: 1000)], 1, 0.5),
      // tokens over speed: 4000/4000 = 1 against 1500/1000 = 1.5
      (
        [
          Figures(requests: 2, tokens: 4000, foreign: 0, speed: 4000),
          Figures(requests: 2, tokens: 1500, foreign: 0, speed: 1000),
        ], 0, 1
      ),
      // half a cache costs 0.15 s, nine tenths 1.35 s: 0.5 + 0.15 against 0.4 + 1.35
      (
        [
          Figures(requests: 1, tokens: 1000, foreign: 0, kvUsage: 0.5),
          Figures(requests: 1, tokens: 800, foreign: 0, kvUsage: 0.9),
        ], 0, 0.65
      ),
      // requests of others count as our own do on average, 600 tokens: 600 against 200 + 600
      (
        [
          Figures(requests: 1, tokens: 1000, foreign: 0, speed: 1000),
          Figures(requests: 1, tokens: 200, foreign: 1, speed: 1000),
        ], 1, 0.8
      ),
      // nothing in flight to take a mean of: 1,024 tokens each
      ([Figures(foreign: 2, speed: 1024), Figures(foreign: 3, speed: 1024)], 0, 2),
      // who says no speed has that of the others: (1000 + 3000)/2
      (
        [
          Figures(requests: 1, tokens: 2000, foreign: 0, speed: 1000),
          Figures(requests: 1, tokens: 6000, foreign: 0, speed: 3000),
          Figures(requests: 1, tokens: 3000, foreign: 0),
        ], 2, 1.5
      ),
      // who says nothing is presumed to be as the others: a request of others (of 800 tokens), a
      // quarter of a cache (0.05 s)
      (
        [
          Figures(requests: 1, tokens: 1000, foreign: 1, kvUsage: 0.5, speed: 1000),
          Figures(requests: 1, tokens: 600), Figures(requests: 1, tokens: 800, foreign: 1),
        ], 1, 1.45
      ),
      // a cold pair is worth four requests of the mean of 100 tokens: 300 against 400
      (
        [
          Figures(requests: 3, tokens: 300, foreign: 0, speed: 100),
          Figures(foreign: 0, speed: 100, isCold: true),
        ], 0, 3
      ),
      // half a share makes it twice as long
      (
        [
          Figures(requests: 1, tokens: 700, foreign: 0, speed: 1000),
          Figures(requests: 1, tokens: 400, foreign: 0, speed: 1000, share: 0.5),
        ], 0, 0.7
      ),
    ] as [([Figures], Int, Double)])
  func `the one that is through soonest is chosen`(
    figures: [Figures], index: Int, score: Double
  ) {
    var policy = KVLoadPolicy()
    var generator = SplitMix64(seed: 1)
    let choice = Pool(figures).choice(of: &policy, &generator)
    #expect(choice?.index == index && choice?.reason == .leastCost)
    #expect(abs((choice?.score ?? 0) - score) < 1e-9)
  }

  @Test func `a full cache is taken only when all are full, then the one through soonest`() {
    var policy = KVLoadPolicy()
    var generator = SplitMix64(seed: 1)
    let full = Figures(foreign: 0, kvUsage: 0.97)
    let busy = Figures(requests: 200, tokens: 500_000, foreign: 50, kvUsage: 0.9)
    #expect(Pool([full, busy, full]).choice(of: &policy, &generator)?.index == 1)
    let worse = Figures(requests: 1, tokens: 100, foreign: 0, kvUsage: 1)
    let choice = Pool([worse, full, worse]).choice(of: &policy, &generator)
    #expect(choice?.index == 1 && choice?.score.isFinite == true)
  }

  @Test func `requests sent one by one fill workers in proportion to their speeds`() {
    var policy = KVLoadPolicy()
    var generator = SplitMix64(seed: 4)
    var pool = Pool([1000.0, 2000, 5000].map { Figures(foreign: 0, speed: $0) })
    for _ in 0..<800 {
      if let choice = pool.choice(of: &policy, &generator) {
        pool.reserve(choice.index, tokens: 50)
      }
    }
    // An eighth, a quarter, five eighths; at most one request off, as costs are compared before.
    let counts = pool.workers.map(\.requestsInFlight)
    for (count, expected) in zip(counts, [100, 200, 500]) { #expect(abs(count - expected) <= 2) }
  }

  @Test(arguments: [(2, 10.83), (5, 18.47), (64, 103.44)])
  func `workers of equal cost are chosen with equal chance`(workers: Int, bound: Double) {
    var policy = KVLoadPolicy()
    var generator = SplitMix64(seed: 9)
    let pool = Pool(Array(repeating: Figures(requests: 2, tokens: 9, foreign: 1), count: workers))
    #expect(chiSquare(pool.shares(of: &policy, draws: workers * 100, &generator)) < bound)
    #expect(pool.choice(of: &policy, &generator)?.reason == .tie)
  }

  @Test func `absurd figures of engines lead to a choice all the same`() {
    var policy = KVLoadPolicy()
    var generator = SplitMix64(seed: 2)
    let absurd = [
      Figures(
        requests: .max, tokens: .max, foreign: .max, kvUsage: 1, speed: .leastNonzeroMagnitude),
      Figures(requests: .max, tokens: .max, foreign: .max, speed: 1e308),
      Figures(foreign: .max, kvUsage: 1, speed: 1e308, share: 0),
    ]
    for count in 1...3 {
      #expect(Pool(Array(absurd.prefix(count))).choice(of: &policy, &generator) != nil)
    }
  }
}
