import Testing
import Vocabulary

@testable import PDRouter

/// How many lines a flood gets.
@Suite struct LineBudgetTests {
  @Test func `a few come at once, then two a second, and the rest is counted`() {
    var budget = LineBudget()
    var now = Instant.zero + .seconds(100)
    #expect((0..<50).map { _ in budget.take(now: now) } == (0..<50).map { $0 < 20 ? 0 : nil })
    now = now + .milliseconds(499)
    #expect(budget.take(now: now) == nil)
    now = now + .milliseconds(1)
    #expect(budget.take(now: now) == 31)
    #expect(budget.take(now: now) == nil)
    now = now + .seconds(1)
    #expect(budget.take(now: now) == 1)
    #expect(budget.take(now: now) == 0)
    #expect(budget.take(now: now) == nil)
    now = now + .seconds(3600)
    #expect((0..<21).map { _ in budget.take(now: now) }.count { $0 != nil } == 20)
  }
}
