import Testing
import Vocabulary

@testable import Wire

struct FloodBucketTests {
  private let start = Instant(nanoseconds: 5_000_000_000)

  /// How many of `count` are taken at `now`.
  private func taken(
    _ bucket: inout HTTP2FloodBucket, _ count: Int, _ now: Instant, earnings: Int = 0
  ) -> Int {
    (0..<count).reduce(0) { sum, _ in sum + (bucket.take(now, earnings: earnings) ? 1 : 0) }
  }

  @Test func `a burst is taken and no more`() {
    var bucket = HTTP2FloodBucket(HTTP2FloodBudget(burst: 10, perSecond: 2))
    #expect(taken(&bucket, 20, start) == 10)
    #expect(taken(&bucket, 20, start + .milliseconds(499)) == 0)
    #expect(taken(&bucket, 20, start + .milliseconds(1000)) == 2)
    #expect(taken(&bucket, 20, start + .seconds(1000)) == 10)
    #expect(taken(&bucket, 20, start + .seconds(1000)) == 0)
  }

  @Test func `what is earned comes once`() {
    var bucket = HTTP2FloodBucket(HTTP2FloodBudget(burst: 10, perSecond: 0))
    #expect(taken(&bucket, 20, start, earnings: 3) == 13)
    #expect(taken(&bucket, 20, start, earnings: 3) == 0)
    #expect(taken(&bucket, 20, start, earnings: 8) == 5)
    #expect(taken(&bucket, 20, start, earnings: 8_000_000) == 10)
  }

  @Test func `nothing is taken from a budget of nothing`() {
    var bucket = HTTP2FloodBucket(HTTP2FloodBudget(burst: 0, perSecond: 100))
    #expect(taken(&bucket, 5, start) == 0)
    #expect(taken(&bucket, 5, start + .seconds(9)) == 0)
  }

  @Test func `times and rates beyond all measure do no harm`() {
    var bucket = HTTP2FloodBucket(HTTP2FloodBudget(burst: 3, perSecond: .max))
    #expect(taken(&bucket, 5, start) == 3)
    #expect(taken(&bucket, 5, .distantFuture) == 3)
    #expect(taken(&bucket, 5, .zero) == 0)
  }
}
