import Policies
import Testing
import Vocabulary

struct LeastLoadPolicyTests {
  @Test(
    arguments: [
      ([(3, 0), (1, 0), (2, 0)], 1, ChoiceReason.leastLoaded, 1.0),
      ([(0, 0), (1, 0)], 0, .leastLoaded, 0),
      ([(5, 0), (4, 0), (3, 0), (2, 0)], 3, .leastLoaded, 2),
      // requests come before tokens
      ([(1, 1_000_000), (2, 0)], 0, .leastLoaded, 1),
      // equal requests: tokens decide
      ([(2, 500), (2, 499), (2, 501)], 1, .leastLoaded, 2),
      // equal in both, but a lesser one follows: no tie
      ([(2, 10), (2, 10), (1, 99)], 2, .leastLoaded, 1),
    ] as [([(requests: Int, tokens: Int)], Int, ChoiceReason, Double)])
  func `the one with the least to do is chosen`(
    loads: [(requests: Int, tokens: Int)], index: Int, reason: ChoiceReason, score: Double
  ) {
    for seed in 0..<20 as Range<UInt64> {
      var policy = LeastLoadPolicy()
      var generator = SplitMix64(seed: seed)
      let choice = Pool(loads: loads).choice(of: &policy, &generator)
      #expect(choice == Choice(index: index, reason: reason, score: score))
    }
  }

  /// Loads and whether the pair is cold; a cold one counts as four requests more.
  @Test(
    arguments: [
      ([(0, true), (3, false)], 1, ChoiceReason.leastLoaded, 3.0),
      ([(0, true), (5, false)], 0, .leastLoaded, 4),
      ([(1, true), (0, true)], 1, .leastLoaded, 4),
      ([(2, false), (0, true), (1, false)], 2, .leastLoaded, 1),
      ([(7, true)], 0, .onlyCandidate, 11),
    ] as [([(requests: Int, isCold: Bool)], Int, ChoiceReason, Double)])
  func `a cold pair is chosen when every warm one has much more to do`(
    loads: [(requests: Int, isCold: Bool)], index: Int, reason: ChoiceReason, score: Double
  ) {
    var pool = Pool(ids: [])
    pool.workers = loads.enumerated().map { number, load in
      WorkerSnapshot(
        id: WorkerID(number: UInt32(number)), role: .decode, requestsInFlight: load.requests,
        tokensInFlight: .zero, isColdPair: load.isCold)
    }
    var policy = LeastLoadPolicy()
    var generator = SplitMix64(seed: 1)
    let choice = pool.choice(of: &policy, &generator)
    #expect(choice == Choice(index: index, reason: reason, score: score))
  }

  /// Requests and whether the worker lies apart, as two requests more; cold ones four besides.
  @Test(
    arguments: [
      ([(0, true), (1, false)], false, 1, 1.0), ([(0, true), (3, false)], false, 0, 2),
      ([(1, true), (2, true)], false, 0, 3), ([(0, true), (5, false)], true, 1, 5),
      ([(0, true), (7, false)], true, 0, 6),
    ] as [([(requests: Int, isFar: Bool)], Bool, Int, Double)])
  func `a far pair is chosen when every near one has more to do`(
    loads: [(requests: Int, isFar: Bool)], isCold: Bool, index: Int, score: Double
  ) {
    var pool = Pool(loads: loads.map { ($0.requests, 0) })
    for place in pool.workers.indices {
      pool.workers[place].isFarPair = loads[place].isFar
      pool.workers[place].isColdPair = isCold && loads[place].isFar
    }
    var policy = LeastLoadPolicy()
    var generator = SplitMix64(seed: 1)
    let choice = pool.choice(of: &policy, &generator)
    #expect(choice == Choice(index: index, reason: .leastLoaded, score: score))
  }

  @Test func `requests of others weigh as much as our own`() {
    var policy = LeastLoadPolicy()
    var generator = SplitMix64(seed: 2)
    var pool = Pool([Figures(foreign: 30), Figures(foreign: 10), Figures(), Figures(foreign: 0)])
    for _ in 0..<80 {
      if let choice = pool.choice(of: &policy, &generator) { pool.reserve(choice.index, tokens: 0) }
    }
    // 80 of ours and 40 of others make 30 everywhere.
    #expect(pool.workers.map(\.requestsInFlight) == [0, 20, 30, 30])
  }

  @Test(arguments: [(2, 10.83), (5, 18.47), (256, 330.52)])
  func `equal workers are chosen with equal chance`(workers: Int, bound: Double) {
    var policy = LeastLoadPolicy()
    var generator = SplitMix64(seed: 77)
    let pool = Pool(loads: Array(repeating: (3, 70), count: workers))
    #expect(chiSquare(pool.shares(of: &policy, draws: workers * 100, &generator)) < bound)
  }

  @Test func `a tie is drawn among the equal least ones only`() {
    var policy = LeastLoadPolicy()
    var generator = SplitMix64(seed: 3)
    let pool = Pool(loads: [(1, 5), (0, 9), (0, 4), (7, 0), (0, 4), (0, 4)])
    let shares = pool.shares(of: &policy, draws: 3000, &generator)
    #expect(shares[0] == 0 && shares[1] == 0 && shares[3] == 0)
    #expect(chiSquare([shares[2], shares[4], shares[5]]) < 13.82)
    #expect(pool.choice(of: &policy, &generator)?.reason == .tie)
  }

  @Test func `requests reserved one by one fill 256 workers evenly`() {
    var policy = LeastLoadPolicy()
    var generator = SplitMix64(seed: 8)
    var pool = Pool(ids: 0..<256)
    for _ in 0..<(256 * 4) {
      guard let choice = pool.choice(of: &policy, &generator) else { continue }
      let old = pool.workers[choice.index]
      pool.workers[choice.index] = Pool.worker(
        Int(old.id.number), requests: old.requestsInFlight + 1, tokens: 0)
    }
    #expect(pool.workers.allSatisfy { $0.requestsInFlight == 4 })
  }

  @Test func `a slow worker that keeps its requests gets no more than the level of the others`() {
    var policy = LeastLoadPolicy()
    var generator = SplitMix64(seed: 21)
    var pool = Pool(loads: [(0, 0), (0, 0)])
    var shares = [0, 0]
    // Worker 1 never finishes; worker 0 finishes at once: it gets all but the ties lost, one at
    // most.
    for _ in 0..<100 {
      guard let choice = pool.choice(of: &policy, &generator) else { continue }
      shares[choice.index] += 1
      if choice.index == 1 { pool.workers[1] = Pool.worker(1, requests: 1, tokens: 0) }
    }
    #expect(shares[1] <= 1)
    #expect(shares[0] >= 99)
  }
}
