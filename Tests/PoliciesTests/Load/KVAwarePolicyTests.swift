import Foundation
import Policies
import Testing
import Vocabulary

struct KVAwarePolicyTests {
  /// A prompt of 1,000 tokens in ten blocks, unless it has none.
  private func choice(
    _ figures: [Figures], temperature: Double = 0, blocks: Int = 10, _ generator: inout SplitMix64
  ) -> Choice? {
    var policy = KVAwarePolicy(temperature: temperature)
    var request = RequestTraits(promptTokens: TokenCount(1000))
    request.prefix.hashes = Array(repeating: 7, count: blocks)
    return Pool(figures).workers.withUnsafeBufferPointer {
      policy.choose(for: request, among: $0, using: &generator)
    }
  }

  /// Figures, who is chosen, and the cost worked out by hand.
  @Test(
    arguments: [
      // (1000 − 900 + 0)·1 against 1000·1
      ([Figures(), Figures(cached: 9)], 1, 100),
      // (100 + 2000)·4 = 8400 against 1000·1: the cache does not outweigh the queue
      ([Figures(), Figures(requests: 3, tokens: 2000, cached: 9)], 0, 1000),
      // (100 + 400)·2 = 1000 against (1000 + 100)·2
      (
        [Figures(requests: 1, tokens: 100), Figures(requests: 1, tokens: 400, cached: 9)], 1,
        1000
      ),
      // requests of others make the same tokens dearer: 1000·1 against 600·(1 + 1)
      ([Figures(), Figures(foreign: 1, cached: 4)], 0, 1000),
      // a worker that starts slowly looks four times as busy, 500·(4 + 1), a cold pair by four
      // requests, 400·(4 + 1)
      (
        [Figures(requests: 1, share: 0.25, cached: 5), Figures(isCold: true, cached: 6)], 1, 2000
      ),
      // more blocks than the prompt has are all of them, fewer than none are none
      ([Figures(cached: 99), Figures(cached: -3)], 0, 0),
    ] as [([Figures], Int, Double)])
  func `the least cost is chosen`(figures: [Figures], index: Int, score: Double) {
    for seed in 0..<10 as Range<UInt64> {
      var generator = SplitMix64(seed: seed)
      let choice = choice(figures, &generator)
      #expect(choice == Choice(index: index, reason: .leastCost, score: score))
    }
  }

  @Test func `a prompt without blocks goes by load alone`() {
    var generator = SplitMix64(seed: 1)
    let choice = choice(
      [Figures(requests: 1, tokens: 10, cached: 9), Figures(requests: 1, tokens: 9)], blocks: 0,
      &generator)
    #expect(choice == Choice(index: 1, reason: .leastCost, score: 2018))
  }

  // Costs 1000, 1500, 2000, 3000 with temperature 500: weights 1, e⁻¹, e⁻², e⁻⁴, in all 1.5215.
  @Test func `with a temperature a worker is drawn by its cost`() {
    let figures = [0, 500, 1000, 2000].map { Figures(tokens: $0) }
    let weights = [0.0, 1, 2, 4].map { exp(-$0) }
    let total = weights.reduce(0, +)
    var counts = [0, 0, 0, 0]
    var generator = SplitMix64(seed: 3)
    for _ in 0..<8000 {
      let choice = choice(figures, temperature: 500, &generator)
      #expect(choice?.reason == .drawnByCost)
      counts[choice?.index ?? 0] += 1
    }
    #expect(abs(weights[0] / total - 0.657) < 0.001)
    #expect(chiSquare(counts, shares: weights.map { $0 / total }) < 16.27)
  }

  @Test func `the draw does not depend on who is registered first, nor go far`() {
    var generator = SplitMix64(seed: 6)
    var counts = [0, 0, 0]
    for _ in 0..<4000 {
      let figures = [Figures(tokens: 40_000), Figures(tokens: 50), Figures(tokens: 50)]
      counts[choice(figures, temperature: 100, &generator)?.index ?? 0] += 1
    }
    #expect(counts[0] == 0)
    #expect(chiSquare([counts[1], counts[2]]) < 10.83)
  }

  @Test(arguments: [(2, 10.83), (16, 37.70)])
  func `equal costs are chosen with equal chance`(workers: Int, bound: Double) {
    var generator = SplitMix64(seed: 8)
    var counts = [Int](repeating: 0, count: workers)
    for _ in 0..<(workers * 200) {
      let figures = Array(repeating: Figures(requests: 1, tokens: 80, cached: 3), count: workers)
      counts[choice(figures, &generator)?.index ?? 0] += 1
    }
    #expect(chiSquare(counts) < bound)
  }
}
