import Policies
import Testing
import Vocabulary

/// Where prompts go when the policy and the index work together.
struct CacheAwareDistributionTests {
  /// Prompts in the shape of Mooncake's public trace: conversations that are long, grow from turn
  /// to turn and are taken up again for a while; some documents that many ask about; much that
  /// comes once. About 30 blocks a prompt, three of five seen before.
  private func conversations(_ count: Int, seed: UInt64) -> [PrefixChain] {
    var generator = SplitMix64(seed: seed)
    func draw(_ bound: Int) -> Int { Int(generator.next(upperBound: UInt64(bound))) }
    var fresh = 1 << 20
    var live: [[Int]] = []
    return (0..<count).map { _ in
      var blocks: [Int]
      switch draw(100) {
      case 0..<55 where !live.isEmpty: blocks = live.remove(at: draw(live.count))
      case 55..<65:
        // The square of a draw: the first documents are asked about most.
        let document = draw(40) * draw(40) / 40
        blocks = Array((document * 100)..<(document * 100 + 20 + document))
      default: blocks = Array(fresh..<(fresh + 2 + draw(30)))
      }
      fresh += 100
      blocks += fresh..<(fresh + 1 + draw(8))
      fresh += 100
      live.append(blocks)
      if live.count > 300 { live.remove(at: draw(100)) }
      return Prompts.chain(blocks)
    }
  }

  /// Workers, blocks that each one's cache holds, requests in flight at a time.
  @Test(arguments: [(4, 3000, 20), (8, 1500, 40), (8, 600, 20), (16, 1500, 60)])
  func `nearly everything that one great cache would hit is hit, and no worker has much more to do`(
    workers: Int, blocks: Int, lifetime: Int
  ) {
    for seed in 1...3 as ClosedRange<UInt64> {
      let chains = conversations(3000, seed: seed)
      var fleet = PrefixFleet(
        .cacheAware, workers: workers, cachedBlocks: blocks, lifetime: lifetime, seed: seed)
      var oracle = PrefixFleet(
        .roundRobin, workers: 1, cachedBlocks: blocks * workers, lifetime: lifetime)
      for chain in chains {
        fleet.send(chain)
        oracle.send(chain)
      }
      #expect(oracle.hitRate > 0.35)
      #expect(fleet.hitRate >= 0.95 * oracle.hitRate, "\(fleet.hitRate) of \(oracle.hitRate)")
      #expect(PrefixFleet.skew(fleet.requests) <= 1.3)
      #expect(PrefixFleet.skew(fleet.computed) <= 1.3)
    }
  }

  /// A prompt of 20 blocks, 15 of which all have in common, costs 15 × 512 = 7,680 tokens more
  /// where these are not cached. A request in flight counts for 20 × 512 / 10 = 1,024. So a worker
  /// that has them gets eight before the next one is worth filling: 7 × 1,024 < 7,680 < 8 × 1,024.
  @Test func `a prompt that all begin with fills one worker after the other, eight at a time`() {
    for seed in 0..<10 as Range<UInt64> {
      var fleet = PrefixFleet(.cacheAware, workers: 4, lifetime: 10_000, seed: seed)
      var order: [Int] = []
      for number in 0..<32 {
        let own = 1000 + number * 10
        order.append(fleet.send(Prompts.chain(Array(0..<15) + Array(own..<(own + 5)))))
      }
      let eights = (0..<4).map { Set(order[($0 * 8)..<($0 * 8 + 8)]) }
      #expect(eights.allSatisfy { $0.count == 1 })
      #expect(eights.reduce(Set()) { $0.union($1) }.count == 4)
      // From now on all have it, and load alone tells them apart.
      for number in 100..<140 {
        let own = 1000 + number * 10
        fleet.send(Prompts.chain(Array(0..<15) + Array(own..<(own + 5))))
      }
      #expect(fleet.requests == [18, 18, 18, 18])
    }
  }

  @Test func `a burst of siblings meets where the first of them went`() {
    var fleet = PrefixFleet(.cacheAware, workers: 8, lifetime: 100)
    for burst in 0..<50 {
      let base = burst * 1000
      let places = (0..<6).map { sibling in
        fleet.send(Prompts.chain(Array(base..<(base + 20)) + [base + 100 + sibling]))
      }
      #expect(Set(places).count == 1)
    }
    #expect(PrefixFleet.skew(fleet.requests) < 1.3)
  }

  @Test func `prompts without anything in common are spread evenly`() {
    var fleet = PrefixFleet(.cacheAware, workers: 8, lifetime: 64)
    for number in 0..<800 { fleet.send(Prompts.chain((number * 100)..<(number * 100 + 10))) }
    #expect(PrefixFleet.skew(fleet.requests) < 1.03)
    #expect(fleet.hitRate == 0)
  }

  @Test func `a worker that was forgotten is not chosen for what it had`() {
    var fleet = PrefixFleet(.cacheAware, workers: 4, lifetime: 1)
    let chain = Prompts.chain(0..<20)
    let first = fleet.send(chain)
    for _ in 0..<20 { #expect(fleet.send(chain) == first) }
    fleet.memory.prefixes.forget(Prompts.worker(first))
    let places = Set((0..<40).map { _ in fleet.send(chain) })
    #expect(places.count == 1)
    #expect(fleet.hits == 59 * 20 * 512)
  }
}
