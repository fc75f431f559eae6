import Testing
import Vocabulary

@testable import Policies

/// The index against the plainest thing that does the same, on random work.
struct PrefixIndexModelTests {
  /// Each worker's blocks, newest first.
  private struct Model {
    let bound: Int
    var lines: [Int: [UInt64]] = [:]

    mutating func insert(_ chain: PrefixChain, for worker: Int) {
      let hashes = chain.hashes.prefix(bound)
      let touched = Set(hashes)
      let rest = lines[worker, default: []].filter { !touched.contains($0) }
      lines[worker] = Array((hashes + rest).prefix(bound))
    }

    func blocks(of worker: Int, in chain: PrefixChain) -> Int {
      let held = Set(lines[worker, default: []])
      return chain.hashes.prefix { held.contains($0) }.count
    }
  }

  /// A random path in a tree of prompts: few at the root, more below.
  private func chain(_ generator: inout SplitMix64) -> PrefixChain {
    let length = 1 + Int(generator.next(upperBound: 40 as UInt64))
    return Prompts.chain(
      (0..<length).map { depth in
        depth * 10 + Int(generator.next(upperBound: depth % 8 == 0 ? 3 : 1 as UInt64))
      })
  }

  @Test(arguments: [(1, 3, 60), (1, 70, 25), (4, 3, 60), (8, 5, 37), (2, 130, 500)])
  func `every match is the model's`(loops: Int, workers: Int, bound: Int) {
    let index = PrefixIndex(
      bytesPerWorker: bound * PrefixChain.blockBytes, loops: loops, mostHoldings: 1 << 20)
    var model = Model(bound: bound)
    let match = PrefixMatch()
    var generator = SplitMix64(seed: UInt64(loops * 1000 + workers))
    for _ in 0..<3000 {
      let worker = Int(generator.next(upperBound: UInt64(workers)))
      let chain = chain(&generator)
      switch generator.next(upperBound: 100 as UInt64) {
      case 0:
        index.forget(Prompts.worker(worker))
        model.lines[worker] = nil
      case 1..<50:
        index.insert(chain, for: Prompts.worker(worker))
        model.insert(chain, for: worker)
        #expect(index.blocks(heldBy: Prompts.worker(worker)) == model.lines[worker]?.count)
      default:
        index.match(chain, into: match)
        let held = (0..<workers).map { match.blocks(of: Prompts.worker($0)) }
        #expect(held == (0..<workers).map { model.blocks(of: $0, in: chain) })
      }
    }
    #expect(index.holdings == model.lines.values.reduce(0) { $0 + $1.count })
    #expect(index.blocks == Set(model.lines.values.joined()).count)
  }
}
