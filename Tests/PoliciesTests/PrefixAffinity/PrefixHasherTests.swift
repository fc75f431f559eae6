import Policies
import Testing
import Vocabulary

struct PrefixHasherTests {
  @Test func `a bit of a block changes half of the hash's bits on average`() {
    let original = Prompts.bytes(PrefixChain.blockBytes, seed: 4)
    let hash = Prompts.chain(of: original).hashes[0]
    var flips = [Int](repeating: 0, count: 64)
    let bits = PrefixChain.blockBytes * 8
    for bit in 0..<bits {
      var changed = original
      changed[bit / 8] ^= 1 << UInt8(bit % 8)
      let difference = Prompts.chain(of: changed).hashes[0] ^ hash
      #expect((10...54).contains(difference.nonzeroBitCount), "bit \(bit)")
      for place in 0..<64 where difference >> UInt64(place) & 1 == 1 { flips[place] += 1 }
    }
    // Binomial with n = 4,096 and p = 1/2: six standard deviations are 192.
    for place in 0..<64 { #expect(abs(flips[place] - bits / 2) < 192, "bit \(place) of the hash") }
  }

  /// Blocks that differ in one number, as prompts of a batch job do.
  @Test(arguments: [0, 8, 248, 504])
  func `blocks that differ little have hashes that differ in every part`(place: Int) {
    var block = [UInt8](repeating: 0x20, count: PrefixChain.blockBytes)
    var whole: Set<UInt64> = []
    var high = [Int](repeating: 0, count: 256)
    var low = [Int](repeating: 0, count: 256)
    let count = 25_600
    for number in 0..<count {
      for digit in 0..<4 { block[place + digit] = UInt8(number >> (digit * 4) & 15) + 0x30 }
      let hash = Prompts.chain(of: block).hashes[0]
      whole.insert(hash)
      high[Int(hash >> 56)] += 1
      low[Int(hash & 255)] += 1
    }
    #expect(whole.count == count)
    // 255 degrees of freedom, one in a thousand.
    #expect(chiSquare(high) < 330.52)
    #expect(chiSquare(low) < 330.52)
  }

  @Test func `one zero block after the other gives another hash each`() {
    let chain = Prompts.chain(of: [UInt8](repeating: 0, count: 64 * PrefixChain.blockBytes))
    #expect(Set(chain.hashes).count == 64)
  }

  @Test func `words that are exchanged change the hash`() {
    let original = Prompts.bytes(PrefixChain.blockBytes, seed: 9)
    var hashes: Set<UInt64> = [Prompts.chain(of: original).hashes[0]]
    for first in 0..<64 {
      for second in (first + 1)..<64 {
        var changed = original
        for byte in 0..<8 { changed.swapAt(first * 8 + byte, second * 8 + byte) }
        hashes.insert(Prompts.chain(of: changed).hashes[0])
      }
    }
    #expect(hashes.count == 64 * 63 / 2 + 1)
  }

  @Test func `hash functions of different seeds have nothing in common`() {
    let block = Prompts.bytes(PrefixChain.blockBytes, seed: 2)
    let hashes = (0..<1000 as Range<UInt64>).map { seed in
      block.withUnsafeBytes { PrefixChain(of: $0, seed: 0, by: PrefixHasher(seed: seed)).hashes[0] }
    }
    #expect(Set(hashes).count == 1000)
  }

  @Test func `the hash of a name depends on its length, its bytes and its seed`() {
    let hasher = PrefixHasher(seed: 5)
    var hashes: Set<UInt64> = []
    for length in 0..<70 {
      for seed in 0..<4 as Range<UInt64> {
        let zeros = [UInt8](repeating: 0, count: length)
        hashes.insert(zeros.withUnsafeBytes { hasher.hash($0, seed: seed) })
        for place in 0..<length {
          var name = zeros
          name[place] = 1
          hashes.insert(name.withUnsafeBytes { hasher.hash($0, seed: seed) })
        }
      }
    }
    #expect(hashes.count == 4 * (70 + 69 * 70 / 2))
  }

  @Test func `the hash of a number depends on the number, its seed and the function`() {
    var hashes: Set<UInt64> = []
    for function in 0..<4 as Range<UInt64> {
      let hasher = PrefixHasher(seed: function)
      for seed in 0..<4 as Range<UInt64> {
        for bit in 0..<64 as Range<UInt64> { hashes.insert(hasher.hash(1 << bit, seed: seed)) }
      }
    }
    #expect(hashes.count == 4 * 4 * 64)
  }

  @Test func `fields do not run together`() {
    let hasher = PrefixHasher(seed: 5)
    func hash(_ fields: [String]) -> UInt64 {
      fields.reduce(0) { seed, field in
        Array(field.utf8).withUnsafeBytes { hasher.hash($0, seed: seed) }
      }
    }
    let lists = [
      [], [""], ["", ""], ["ab", "c"], ["a", "bc"], ["abc"], ["abc", ""], ["", "abc"], ["c", "ab"],
    ]
    #expect(Set(lists.map(hash)).count == lists.count)
  }
}
