import Testing
import Vocabulary

@testable import PDRouter

struct RetryBudgetTests {
  /// How many attempts can be taken out at once.
  private func drain(_ budget: inout RetryBudget) -> Int {
    var count = 0
    while count < 1_000_000, budget.take() { count += 1 }
    return count
  }

  @Test(arguments: [0, 1, 64])
  func `a new budget holds its reserve and not one attempt more`(reserve: Int) {
    var budget = RetryBudget(share: 0.2, reserve: reserve)
    #expect(drain(&budget) == reserve)
  }

  @Test(arguments: [1, 64, 65, 1_000, 20_000])
  func `when the engine under all live requests dies each can be tried again`(count: Int) {
    var budget = RetryBudget(share: 0.2, reserve: 64)
    for live in 1...count { budget.noteRequest(inFlight: live) }
    for _ in 0..<count {
      let isAllowed = budget.take()
      #expect(isAllowed)
    }
  }

  @Test func `a second death right after the first is not paid for by anybody`() {
    var budget = RetryBudget(share: 0.2, reserve: 64)
    for live in 1...1_000 { budget.noteRequest(inFlight: live) }
    #expect(drain(&budget) == 1_000)
    budget.noteRequest(inFlight: 1_000)
    let isAllowed = budget.take()
    #expect(!isAllowed)
  }

  @Test(arguments: [1, 10, 500])
  func `a fleet that fails everything gets 1.2 times the traffic in the long run`(live: Int) {
    var budget = RetryBudget(share: 0.2, reserve: 64)
    var retries = 0
    let requests = 100_000
    for _ in 0..<requests {
      budget.noteRequest(inFlight: live)
      // Each of three attempts fails.
      for _ in 0..<2 where budget.take() { retries += 1 }
    }
    let reserve = max(64, live)
    #expect(retries <= requests / 5 + reserve)
    #expect(retries >= requests / 5)
  }

  @Test func `what healthy traffic puts in is kept only up to the requests in flight`() {
    var budget = RetryBudget(share: 0.2, reserve: 10)
    for _ in 0..<100_000 { budget.noteRequest(inFlight: 40) }
    #expect(drain(&budget) == 40)
  }

  @Test func `the budget grows at once with the requests in flight and shrinks slowly after them`()
  {
    var budget = RetryBudget(share: 0.2, reserve: 10)
    for live in 1...500 { budget.noteRequest(inFlight: live) }
    // A dip of a few requests costs next to nothing: the load may come back.
    for _ in 0..<10 { budget.noteRequest(inFlight: 1) }
    var afterDip = budget
    #expect(drain(&afterDip) >= 490)
    for _ in 0..<10_000 { budget.noteRequest(inFlight: 1) }
    #expect(drain(&budget) == 10)
  }

  @Test func `growing back to a former size gives no second gift`() {
    var budget = RetryBudget(share: 0, reserve: 0)
    for live in 1...100 { budget.noteRequest(inFlight: live) }
    #expect(drain(&budget) == 100)
    budget.noteRequest(inFlight: 50)
    budget.noteRequest(inFlight: 100)
    // What the bucket has shrunk by meanwhile it may grow by again: under one attempt here.
    #expect(drain(&budget) == 0)
  }

  @Test func `without a share and a reserve nothing is ever tried again once requests are few`() {
    var budget = RetryBudget(share: 0, reserve: 0)
    let isAllowed = budget.take()
    #expect(!isAllowed)
  }
}
