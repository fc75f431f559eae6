import Testing
import Vocabulary

@testable import PDRouter

struct TokenBucketTests {
  @Test func `a bucket starts full, and then gives a token at each interval`() {
    let bucket = TokenBucket(capacity: 3, perSecond: 10)
    let now = at(5000)
    for _ in 0..<3 { #expect(bucket.take(now: now) == nil) }
    #expect(bucket.take(now: now) == at(5100))
    #expect(bucket.take(now: at(5099)) == at(5100))
    #expect(bucket.take(now: at(5100)) == nil)
    #expect(bucket.take(now: at(5100)) == at(5200))
  }

  @Test func `it fills no further than its capacity`() {
    let bucket = TokenBucket(capacity: 2, perSecond: 10)
    #expect(bucket.take(now: at(0)) == nil)
    for _ in 0..<2 { #expect(bucket.take(now: at(60_000)) == nil) }
    #expect(bucket.take(now: at(60_000)) != nil)
  }

  @Test func `a token that was put back can be taken again`() {
    let bucket = TokenBucket(capacity: 1, perSecond: 1)
    #expect(bucket.take(now: at(10)) == nil && bucket.take(now: at(10)) != nil)
    bucket.putBack()
    #expect(bucket.take(now: at(10)) == nil && bucket.take(now: at(10)) == at(1010))
  }

  @Test(arguments: [1, 3, 7, 1000, 1_000_000_000])
  func `no more are given in ten seconds than the rate allows, and nearly as many`(rate: Int) {
    let bucket = TokenBucket(capacity: 1, perSecond: rate)
    var given = 0
    for millisecond in 0..<10_000 where bucket.take(now: at(Int64(millisecond))) == nil {
      given += 1
    }
    // One may be taken in each of the milliseconds looked at.
    let most = min(rate * 10, 10_000)
    #expect(given <= most && given >= most * 9 / 10)
  }

  @Test func `the wait for tokens counts those that are there`() {
    let bucket = TokenBucket(capacity: 2, perSecond: 4)
    #expect(bucket.wait(forTokens: 2, now: at(0)) == .zero)
    #expect(bucket.wait(forTokens: 3, now: at(0)) == .milliseconds(250))
    for _ in 0..<2 { _ = bucket.take(now: at(0)) }
    #expect(bucket.wait(forTokens: 1, now: at(0)) == .milliseconds(250))
    #expect(bucket.wait(forTokens: 8, now: at(125)) == .milliseconds(1875))
  }

  @Test func `the largest settings overflow nothing`() {
    let bucket = TokenBucket(capacity: .max, perSecond: 1)
    for _ in 0..<10 { #expect(bucket.take(now: Instant(nanoseconds: .max / 4)) == nil) }
    #expect(bucket.wait(forTokens: .max, now: .zero) > .zero)
  }
}
