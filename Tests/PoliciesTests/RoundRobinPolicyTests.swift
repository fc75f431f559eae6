import Testing
import Vocabulary

@testable import Policies

struct RoundRobinPolicyTests {
  private func rotation(_ pools: [[Int]]) -> [Int?] {
    var policy = RoundRobinPolicy()
    var generator = SplitMix64(seed: 1)
    return pools.map { Pool(ids: $0).chosenID(of: &policy, &generator) }
  }

  @Test(
    arguments: [
      // a steady pool goes round
      ([[0, 1, 2], [0, 1, 2], [0, 1, 2], [0, 1, 2]], [0, 1, 2, 0]),
      // ids need not be dense
      ([[3, 8, 9], [3, 8, 9], [3, 8, 9], [3, 8, 9]], [3, 8, 9, 3]),
      // the last one chosen goes: its successor is next, nobody is skipped
      ([[0, 1, 2], [0, 1, 2], [0, 2], [0, 2]], [0, 1, 2, 0]),
      // one before the last one chosen goes: a counter modulo the length would skip 2
      ([[0, 1, 2, 3], [0, 1, 2, 3], [1, 2, 3], [1, 2, 3], [1, 2, 3]], [0, 1, 2, 3, 1]),
      // one that comes takes its place in the order
      ([[0, 1], [0, 1], [0, 1, 2], [0, 1, 2]], [0, 1, 2, 0]),
      // one that is excluded for a while loses its turns and nobody else's
      ([[0, 1, 2], [0, 2], [0, 1, 2], [0, 1, 2]], [0, 2, 0, 1]),
      // the whole pool is replaced
      ([[0, 1], [5, 6], [5, 6], [5, 6]], [0, 5, 6, 5]),
      // nobody for a moment: the turn is not lost
      ([[0, 1, 2], [], [0, 1, 2]], [0, nil, 1]),
    ] as [([[Int]], [Int?])])
  func `the rotation is exact while workers come, go or are excluded`(
    pools: [[Int]], expected: [Int?]
  ) {
    #expect(rotation(pools) == expected)
  }

  @Test func `each of 256 workers gets exactly the same share`() {
    var policy = RoundRobinPolicy()
    var generator = SplitMix64(seed: 1)
    let shares = Pool(ids: 0..<256).shares(of: &policy, draws: 256 * 5, &generator)
    #expect(shares.allSatisfy { $0 == 5 })
  }

  @Test func `with one of four excluded the others get a third each`() {
    var policy = RoundRobinPolicy()
    var generator = SplitMix64(seed: 1)
    let shares = Pool(ids: [0, 1, 3]).shares(of: &policy, draws: 300, &generator)
    #expect(shares == [100, 100, 100])
  }

  @Test func `the generator is left alone`() {
    var policy = RoundRobinPolicy()
    var used = SplitMix64(seed: 9)
    var fresh = SplitMix64(seed: 9)
    _ = Pool(ids: 0..<8).shares(of: &policy, draws: 50, &used)
    #expect(used.next() == fresh.next())
  }

  @Test func `policies of several loops go round together`() {
    let memory = PolicyMemory()
    let pool = Pool(ids: 0..<3)
    var first = RoundRobinPolicy(sharing: memory.turns)
    var second = RoundRobinPolicy(sharing: memory.turns)
    var generator = SplitMix64(seed: 1)
    var chosen: [Int?] = []
    for _ in 0..<3 {
      chosen.append(pool.chosenID(of: &first, &generator))
      chosen.append(pool.chosenID(of: &second, &generator))
    }
    #expect(chosen == [0, 1, 2, 0, 1, 2])
  }

  @Test func `prefill and decode workers have their turns apart`() {
    let memory = PolicyMemory()
    func pool(_ ids: Range<Int>, _ role: Role) -> Pool {
      var pool = Pool(ids: ids)
      for place in pool.workers.indices { pool.workers[place].role = role }
      return pool
    }
    let (prefill, decode) = (pool(0..<2, .prefill), pool(2..<5, .decode))
    var policies = [RoundRobinPolicy(sharing: memory.turns), .init(sharing: memory.turns)]
    var generator = SplitMix64(seed: 1)
    let chosen = (0..<4).map { _ in
      [
        prefill.chosenID(of: &policies[0], &generator),
        decode.chosenID(of: &policies[1], &generator),
      ]
    }
    #expect(chosen == [[0, 2], [1, 3], [0, 4], [1, 2]])
  }

  @Test func `threads that choose at once give nearly equal turns`() async {
    let memory = PolicyMemory()
    let counts = await withTaskGroup(of: [Int].self) { group in
      for _ in 0..<4 {
        group.addTask {
          var policy = RoundRobinPolicy(sharing: memory.turns)
          var generator = SplitMix64(seed: 1)
          return Pool(ids: 0..<8).shares(of: &policy, draws: 2000, &generator)
        }
      }
      return await group.reduce(Array(repeating: 0, count: 8)) { zip($0, $1).map { $0 + $1 } }
    }
    #expect(counts.reduce(0, +) == 8000)
    #expect(counts.allSatisfy { abs($0 - 1000) <= 50 })
  }

  @Test func `the reason is rotation`() {
    var policy = RoundRobinPolicy()
    var generator = SplitMix64(seed: 1)
    #expect(Pool(ids: 0..<2).choice(of: &policy, &generator)?.reason == .rotation)
  }
}
