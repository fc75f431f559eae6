import Policies
import Testing

struct PrefixChainTests {
  private static let block = PrefixChain.blockBytes

  /// The chain of `bytes`, cut at `cuts`.
  private func chain(of bytes: [UInt8], cutAt cuts: [Int]) -> PrefixChain {
    var builder = PrefixChainBuilder(PrefixHasher(seed: 1))
    builder.begin(seed: 0)
    var start = 0
    for end in cuts + [bytes.count] {
      bytes[start..<end].withUnsafeBytes { builder.append($0) }
      start = end
    }
    return builder.finish()
  }

  @Test func `a prompt cut anywhere has the same chain`() {
    let bytes = Prompts.bytes(3 * Self.block + 100, seed: 1)
    let whole = Prompts.chain(of: bytes)
    #expect(whole.hashes.count == 3)
    for cut in 0...bytes.count {
      #expect(chain(of: bytes, cutAt: [cut]) == whole, "cut at \(cut)")
    }
    for cut in stride(from: 0, through: bytes.count, by: 97) {
      for second in stride(from: cut, through: bytes.count, by: 101) {
        #expect(chain(of: bytes, cutAt: [cut, second]) == whole)
      }
    }
    #expect(chain(of: bytes, cutAt: Array(0..<bytes.count)) == whole)
  }

  @Test(arguments: [(0, 0), (511, 0), (512, 1), (513, 1), (1023, 1), (1024, 2)])
  func `only whole blocks count`(bytes: Int, blocks: Int) {
    #expect(Prompts.chain(of: Prompts.bytes(bytes, seed: 3)).hashes.count == blocks)
  }

  @Test func `prompts share the blocks before the first byte that differs`() {
    let bytes = Prompts.bytes(8 * Self.block, seed: 1)
    let whole = Prompts.chain(of: bytes)
    for place in [0, 511, 512, 2000, 4095] {
      var other = bytes
      other[place] ^= 1
      let chain = Prompts.chain(of: other)
      let shared = zip(whole.hashes, chain.hashes).prefix { $0 == $1 }.count
      #expect(shared == place / Self.block)
      #expect(zip(whole.hashes, chain.hashes).dropFirst(shared).allSatisfy { $0 != $1 })
    }
  }

  @Test func `prompts of different seeds share nothing`() {
    let bytes = Prompts.bytes(4 * Self.block, seed: 1)
    let (one, other) = (Prompts.chain(of: bytes, seed: 1), Prompts.chain(of: bytes, seed: 2))
    #expect(Set(one.hashes).isDisjoint(with: other.hashes))
  }

  @Test func `a prompt beyond the limit is followed up to it`() {
    let blocks = PrefixChain.mostBlocks
    let bytes = [UInt8](repeating: 7, count: (blocks + 3) * Self.block)
    let whole = Prompts.chain(of: bytes)
    #expect(whole.hashes.count == blocks)
    #expect(chain(of: bytes, cutAt: [blocks * Self.block - 1]) == whole)
    #expect(chain(of: bytes, cutAt: [blocks * Self.block + 700]) == whole)
  }

  @Test func `a builder makes one chain after the other in the memory it is given`() {
    var builder = PrefixChainBuilder(PrefixHasher(seed: 1))
    var chain = PrefixChain()
    chain.hashes.reserveCapacity(64)
    let capacity = chain.hashes.capacity
    for length in [5000, 0, 700, 20_000, 511] {
      let bytes = Prompts.bytes(length, seed: 8)
      builder.begin(seed: 0, reusing: consume chain)
      bytes.withUnsafeBytes { builder.append($0) }
      chain = builder.finish()
      #expect(chain == Prompts.chain(of: bytes))
      #expect(chain.hashes.capacity == capacity)
    }
  }
}
