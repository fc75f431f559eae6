import Policies
import Testing
import Vocabulary

struct SlowStartTests {
  private static let start = Instant(nanoseconds: 5_000_000_000)

  @Test(
    arguments: [
      (0.0, 0.1), (10, 0.4), (20, 0.7), (15, 0.55), (29.999, 0.99997), (30, 1), (31, 1),
      (1e9, 1),
      // another loop's clock is a little behind
      (-0.002, 0.1),
    ] as [(Double, Double)])
  func `over thirty seconds the share grows from a tenth to all`(after: Double, share: Double) {
    let slow = SlowStart(over: .seconds(30))
    let now = SlowStartTests.start + .seconds(after)
    #expect(abs(slow.share(since: SlowStartTests.start, now: now) - share) < 1e-9)
  }

  @Test func `without a slow start, or for who was there before, there is no lesser share`() {
    let off = SlowStart(over: .zero)
    #expect(off.isOff && off.share(since: SlowStartTests.start, now: SlowStartTests.start) == 1)
    let slow = SlowStart(over: .seconds(30))
    #expect(!slow.isOff && slow.share(since: nil, now: SlowStartTests.start) == 1)
  }

  @Test func `the farthest instants trap nothing`() {
    let slow = SlowStart(over: .nanoseconds(Int64.max))
    #expect(slow.share(since: Instant(nanoseconds: .min), now: .distantFuture) == 1)
    #expect(slow.share(since: .distantFuture, now: Instant(nanoseconds: .min)) == 0.1)
  }

  // Nine workers at a level of ten requests each: a tenth of that is one request, a half five.
  @Test(arguments: [(0.1, 1), (0.5, 5), (1.0, 10)])
  func `least_load fills a starting worker to its share of the others' level`(
    share: Double, level: Int
  ) {
    var policy = LeastLoadPolicy()
    var generator = SplitMix64(seed: 12)
    var pool = Pool(Array(repeating: Figures(), count: 9) + [Figures(share: share)])
    while pool.workers[..<9].contains(where: { $0.requestsInFlight < 10 }) {
      guard let choice = pool.choice(of: &policy, &generator) else { return }
      pool.reserve(choice.index, tokens: 0)
    }
    #expect(abs(pool.workers[9].requestsInFlight - level) <= 1)
  }
}
