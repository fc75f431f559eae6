import Testing
import Vocabulary

@testable import Policies

/// Several threads at the same index.
struct PrefixIndexThreadTests {
  /// What one thread does: inserts, matches and forgets at random.
  private static func work(_ index: PrefixIndex, _ thread: Int) -> Int {
    var generator = SplitMix64(seed: UInt64(thread))
    let match = PrefixMatch()
    var most = 0
    for _ in 0..<3000 {
      let root = Int(generator.next(upperBound: 12 as UInt64)) * 1000
      let length = 1 + Int(generator.next(upperBound: 60 as UInt64))
      let chain = Prompts.chain(root..<(root + length))
      let worker = Prompts.worker(Int(generator.next(upperBound: 9 as UInt64)))
      switch generator.next(upperBound: 50 as UInt64) {
      case 0: index.forget(worker)
      case 1..<30: index.insert(chain, for: worker)
      default:
        index.match(chain, into: match)
        most = max(most, match.longest)
      }
    }
    return most
  }

  @Test func `threads that insert, match and forget leave every count as it must be`() async {
    let index = PrefixIndex(
      bytesPerWorker: 300 * PrefixChain.blockBytes, loops: 2, mostHoldings: 2000)
    let most = await withTaskGroup(of: Int.self) { group in
      for thread in 0..<4 { group.addTask { Self.work(index, thread) } }
      return await group.reduce(0) { max($0, $1) }
    }
    #expect((1...60).contains(most))
    index.trim()
    #expect(index.holdings <= 2000)
    #expect(index.holdings == (0..<9).reduce(0) { $0 + index.blocks(heldBy: Prompts.worker($1)) })
    #expect(index.holdings == index.sum { $0.holdingCount })
    for worker in 0..<9 {
      #expect(index.blocks(heldBy: Prompts.worker(worker)) <= 300)
      index.forget(Prompts.worker(worker))
    }
    #expect(index.holdings == 0)
    #expect(index.blocks == 0)
  }
}
