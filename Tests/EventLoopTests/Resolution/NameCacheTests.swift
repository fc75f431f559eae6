import Testing
import Vocabulary

@testable import EventLoop

@Suite struct NameCacheTests {
  static let now = Instant(nanoseconds: 5_000_000_000)
  static let answer = NameCache.Answer.addresses([
    SocketAddress(literal: "192.0.2.7", port: 0)!
  ])

  @Test func `an unknown name has no answer`() {
    #expect(NameCache().answer(for: "engine", now: Self.now) == nil)
  }

  @Test func `an answer serves thirty seconds and no longer`() {
    var cache = NameCache()
    cache.remember(Self.answer, for: "engine", now: Self.now)
    #expect(cache.answer(for: "engine", now: Self.now + .milliseconds(29_999)) == Self.answer)
    #expect(cache.answer(for: "engine", now: Self.now + .seconds(30)) == nil)
  }

  @Test func `a failure serves one second and no longer`() {
    var cache = NameCache()
    let failure = NameCache.Answer.failed(detail: "EAI_NONAME")
    cache.remember(failure, for: "engine", now: Self.now)
    #expect(cache.answer(for: "engine", now: Self.now + .milliseconds(999)) == failure)
    #expect(cache.answer(for: "engine", now: Self.now + .seconds(1)) == nil)
  }

  @Test func `a forgotten name has no answer`() {
    var cache = NameCache()
    cache.remember(Self.answer, for: "engine", now: Self.now)
    cache.forget("engine")
    #expect(cache.answer(for: "engine", now: Self.now) == nil)
  }

  @Test func `a full cache drops what is stale first and otherwise the stalest`() {
    var cache = NameCache()
    for number in 0..<NameCache.capacity {
      cache.remember(Self.answer, for: "e\(number)", now: Self.now + .milliseconds(number))
    }
    let later = Self.now + .seconds(2)
    cache.remember(Self.answer, for: "new", now: later)
    #expect(cache.count == NameCache.capacity)
    #expect(cache.answer(for: "e0", now: later) == nil)
    #expect(cache.answer(for: "e1", now: later) == Self.answer)
    cache.remember(Self.answer, for: "newer", now: Self.now + .seconds(60))
    #expect(cache.count == 1)
  }
}
