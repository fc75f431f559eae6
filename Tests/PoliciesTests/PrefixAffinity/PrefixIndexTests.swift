import Testing
import Vocabulary

@testable import Policies

struct PrefixIndexTests {
  private func index(blocks: Int, loops: Int = 1, most: Int = 1 << 22) -> PrefixIndex {
    PrefixIndex(
      bytesPerWorker: blocks * PrefixChain.blockBytes, loops: loops, mostHoldings: most)
  }

  /// Blocks that workers 0 ..< `workers` hold of the chain.
  private func held(
    _ index: PrefixIndex, _ blocks: some Sequence<Int>, workers: Int
  ) -> [Int] {
    let match = PrefixMatch()
    index.match(Prompts.chain(blocks), into: match)
    let held = (0..<workers).map { match.blocks(of: Prompts.worker($0)) }
    #expect(match.longest == held.max() ?? 0)
    #expect(match.holders == held.count { $0 > 0 })
    return held
  }

  @Test func `a worker holds what was inserted for it, up to where prompts part`() {
    let index = index(blocks: 100)
    index.insert(Prompts.chain(0..<10), for: Prompts.worker(0))
    index.insert(Prompts.chain([0, 1, 2, 70, 71]), for: Prompts.worker(1))
    index.insert(Prompts.chain([50, 51]), for: Prompts.worker(2))
    #expect(held(index, 0..<10, workers: 3) == [10, 3, 0])
    #expect(held(index, 0..<30, workers: 3) == [10, 3, 0])
    #expect(held(index, [0, 1, 2, 70, 99], workers: 3) == [3, 4, 0])
    #expect(held(index, [50], workers: 3) == [0, 0, 1])
    #expect(held(index, [1, 2, 3], workers: 3) == [0, 0, 0])
    #expect(held(index, [], workers: 3) == [0, 0, 0])
    #expect(index.blocks == 14)
    #expect(index.holdings == 17)
    #expect(index.blocks(heldBy: Prompts.worker(1)) == 5)
  }

  @Test func `the oldest goes first, ends of chains before their beginnings`() {
    let index = index(blocks: 10)
    index.insert(Prompts.chain(0..<6), for: Prompts.worker(0))
    index.insert(Prompts.chain(100..<104), for: Prompts.worker(0))
    index.insert(Prompts.chain(200..<203), for: Prompts.worker(0))
    #expect(held(index, 0..<6, workers: 1) == [3])
    #expect(held(index, 100..<104, workers: 1) == [4])
    #expect(index.evicted == 3)
    // Touching what is left of the first makes the second the oldest.
    index.insert(Prompts.chain(0..<3), for: Prompts.worker(0))
    index.insert(Prompts.chain(300..<304), for: Prompts.worker(0))
    #expect(held(index, 0..<3, workers: 1) == [3])
    #expect(held(index, 100..<104, workers: 1) == [0])
    #expect(index.blocks(heldBy: Prompts.worker(0)) == 10)
  }

  @Test func `a prompt longer than the bound is held up to it`() {
    let index = index(blocks: 300)
    index.insert(Prompts.chain(0..<1000), for: Prompts.worker(0))
    #expect(held(index, 0..<1000, workers: 1) == [300])
    #expect(index.evicted == 0)
  }

  @Test func `a bound of nothing holds nothing`() {
    let index = index(blocks: 0)
    index.insert(Prompts.chain(0..<10), for: Prompts.worker(0))
    #expect(held(index, 0..<10, workers: 1) == [0])
    #expect(index.blocks == 0)
  }

  @Test func `one worker's eviction takes nothing from another`() {
    let index = index(blocks: 8)
    for worker in 0..<2 { index.insert(Prompts.chain(0..<8), for: Prompts.worker(worker)) }
    index.insert(Prompts.chain(100..<108), for: Prompts.worker(1))
    #expect(held(index, 0..<8, workers: 2) == [8, 0])
    #expect(held(index, 100..<108, workers: 2) == [0, 8])
  }

  @Test(arguments: [1, 4])
  func `a worker that is forgotten holds nothing, and may come again`(loops: Int) {
    let index = index(blocks: 4000, loops: loops)
    for chain in 0..<20 {
      for worker in 0..<3 {
        index.insert(
          Prompts.chain((chain * 1000)..<(chain * 1000 + 100)), for: Prompts.worker(worker))
      }
    }
    index.forget(Prompts.worker(1))
    #expect(held(index, 5000..<5100, workers: 3) == [100, 0, 100])
    #expect(index.holdings == 4000)
    #expect(index.blocks == 2000)
    index.forget(Prompts.worker(1))
    index.forget(Prompts.worker(77))
    index.insert(Prompts.chain(5000..<5050), for: Prompts.worker(1))
    #expect(held(index, 5000..<5100, workers: 3) == [100, 50, 100])
    for worker in 0..<3 { index.forget(Prompts.worker(worker)) }
    #expect(index.blocks == 0)
    #expect(index.holdings == 0)
    #expect(index.evicted == 0)
  }

  @Test func `a slot that is given again brings nothing of its last worker`() {
    let index = index(blocks: 50)
    for worker in 0..<5000 {
      index.insert(Prompts.chain([0, 1, worker]), for: Prompts.worker(worker))
      if worker >= 3 { index.forget(Prompts.worker(worker - 3)) }
    }
    #expect(index.blocks == 5)
    let match = PrefixMatch()
    index.match(Prompts.chain([0, 1, 4999]), into: match)
    #expect(match.holders == 3)
    #expect(match.blocks(of: Prompts.worker(4999)) == 3)
    #expect(match.blocks(of: Prompts.worker(4998)) == 2)
    #expect(match.blocks(of: Prompts.worker(4996)) == 0)
  }

  @Test func `a worker beyond the last slot takes that of the idlest`() {
    let index = index(blocks: 50)
    let most = PrefixIndex.mostWorkers
    for worker in 0..<most {
      index.insert(Prompts.chain([0, worker]), for: Prompts.worker(worker))
    }
    index.insert(Prompts.chain([0]), for: Prompts.worker(0))
    index.insert(Prompts.chain([0, 9999]), for: Prompts.worker(9999))
    let match = PrefixMatch()
    index.match(Prompts.chain([0, 1]), into: match)
    #expect(match.holders == most)
    #expect(match.blocks(of: Prompts.worker(0)) == 1)
    #expect(match.blocks(of: Prompts.worker(1)) == 0)
    #expect(match.blocks(of: Prompts.worker(9999)) == 1)
  }

  @Test func `a thousand workers with different parts of a prompt are told apart`() {
    let index = index(blocks: 2000)
    for worker in 0..<1000 {
      index.insert(Prompts.chain(0..<(worker + 1)), for: Prompts.worker(worker))
    }
    #expect(held(index, 0..<1000, workers: 1000) == Array(1...1000))
    #expect(held(index, 0..<500, workers: 1000) == (1...1000).map { min($0, 500) })
    for worker in 0..<1000 where worker % 3 != 0 { index.forget(Prompts.worker(worker)) }
    #expect(
      held(index, 0..<1000, workers: 1000)
        == (0..<1000).map { (worker: Int) -> Int in worker % 3 == 0 ? worker + 1 : 0 })
  }

  @Test func `all together hold no more than the total, and each an equal part of it`() {
    let index = index(blocks: 1000, most: 3000)
    var next = 0
    func fill(_ worker: Int, _ chains: Int) {
      for _ in 0..<chains {
        index.insert(Prompts.chain(next..<(next + 50)), for: Prompts.worker(worker))
        next += 50
        #expect(index.holdings <= 3000)
      }
    }
    for worker in 0..<3 { fill(worker, 30) }
    #expect((0..<3).map { index.blocks(heldBy: Prompts.worker($0)) } == [1000, 1000, 1000])
    // Three more: everybody's part is 500, and the newcomers get theirs at once.
    for worker in 3..<6 { fill(worker, 30) }
    #expect((3..<6).map { index.blocks(heldBy: Prompts.worker($0)) } == [500, 500, 500])
    index.trim()
    #expect((0..<6).allSatisfy { index.blocks(heldBy: Prompts.worker($0)) == 500 })
    for worker in 3..<6 { index.forget(Prompts.worker(worker)) }
    for worker in 0..<3 { fill(worker, 30) }
    #expect((0..<3).map { index.blocks(heldBy: Prompts.worker($0)) } == [1000, 1000, 1000])
  }

  @Test func `trimming alone brings down whoever has too much`() {
    let index = index(blocks: 1000, most: 2000)
    for worker in 0..<2 { index.insert(Prompts.chain(0..<900), for: Prompts.worker(worker)) }
    for worker in 2..<4 { index.insert(Prompts.chain(0..<10), for: Prompts.worker(worker)) }
    index.trim()
    #expect(held(index, 0..<900, workers: 4) == [500, 500, 10, 10])
    #expect(index.evicted == 800)
  }

  @Test func `memory does not grow once the bound is reached`() {
    let index = index(blocks: 4096)
    var generator = SplitMix64(seed: 5)
    func run(_ chains: Int) {
      for _ in 0..<chains {
        let root = Int(generator.next(upperBound: 1 << 40 as UInt64)) << 10
        index.insert(Prompts.chain(root..<(root + 16)), for: Prompts.worker(root >> 10 & 7))
      }
    }
    run(6000)
    let bytes = index.bytes
    let held = index.holdings
    #expect(held == 8 * 4096)
    // What is allowed for at the most, and for the segments that happen to split.
    #expect(bytes < held * 80 + 1 << 20)
    run(20_000)
    #expect(index.holdings == held)
    #expect(index.bytes < bytes + bytes / 8)
    #expect(index.evicted == 26_000 * 16 - held)
  }
}
