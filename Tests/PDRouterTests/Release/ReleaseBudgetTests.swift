import Testing
import Vocabulary

@testable import PDRouter

struct ReleaseBudgetTests {
  /// How many calls go at `now` when as many as possible are wanted.
  private func drain(_ budget: inout ReleaseBudget, at now: Instant) -> Int {
    var count = 0
    while budget.opening <= now, count < 10_000 {
      budget.pay(now: now)
      count += 1
    }
    return count
  }

  @Test(arguments: [1, 4, 64])
  func `a burst goes at once, and then no more than the rate`(burst: Int) {
    var budget = ReleaseBudget(perSecond: 500, burst: burst)
    #expect(drain(&budget, at: at(1000)) == burst)
    #expect(budget.opening == at(1002))
    #expect(drain(&budget, at: at(1001)) == 0)
    #expect(drain(&budget, at: at(1002)) == 1)
    #expect(drain(&budget, at: at(1010)) == min(burst, 4))
    #expect(drain(&budget, at: at(60_000)) == burst)
  }

  @Test func `a call that must go is paid for by later ones`() {
    var budget = ReleaseBudget(perSecond: 100, burst: 1)
    for _ in 0..<5 { budget.pay(now: at(1000)) }
    #expect(budget.opening == at(1050))
  }
}
