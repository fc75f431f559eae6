import Testing
import Vocabulary

@testable import PDRouter

struct PairWarmPlanTests {
  private typealias Pair = PairWarmPlan.Pair

  private func pair(_ prefill: Int, _ decode: Int) -> Pair {
    Pair(
      prefill: WorkerID(number: UInt32(prefill)), decode: WorkerID(number: UInt32(decode)))
  }

  @Test func `four pairs are under way at once, of different workers where that is possible`() {
    var plan = PairWarmPlan()
    for prefill in 0..<3 {
      for decode in 10..<13 { plan.add(pair(prefill, decode)) }
    }
    let first = (0..<4).map { _ in plan.next() }
    #expect(first.prefix(3) == [pair(0, 10), pair(1, 11), pair(2, 12)])
    #expect(first[3] != nil && plan.waitingCount == 5)
    let none = plan.next()
    #expect(none == nil)
    plan.end(pair(1, 11))
    let fifth = plan.next()
    #expect(fifth != nil)
  }

  @Test func `every pair is given out once, and may come again after its end`() {
    var plan = PairWarmPlan()
    for _ in 0..<2 { plan.add(pair(0, 1)) }
    let first = plan.next()
    plan.add(pair(0, 1))
    let second = plan.next()
    #expect(first == pair(0, 1) && second == nil && !plan.isEmpty)
    plan.end(pair(0, 1))
    #expect(plan.isEmpty)
    plan.add(pair(0, 1))
    let again = plan.next()
    #expect(again == pair(0, 1))
  }

  @Test func `a full line takes no more, and a worker that is away is taken out of it`() {
    var plan = PairWarmPlan()
    for decode in 0..<(PairWarmPlan.capacity + 10) { plan.add(pair(1000, decode)) }
    #expect(plan.waitingCount == PairWarmPlan.capacity)
    plan.forget(WorkerID(number: 7))
    #expect(plan.waitingCount == PairWarmPlan.capacity - 1)
    plan.forget(WorkerID(number: 1000))
    #expect(plan.isEmpty)
  }
}
