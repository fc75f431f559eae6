import Testing
import Vocabulary

@testable import Policies

struct PrefixTableTests {
  /// Puts in, looks for and takes out at random, and compares with a dictionary; `keys` makes the
  /// keys of numbers.
  private func exercise(_ steps: Int, _ universe: UInt64, _ key: (UInt64) -> UInt64) -> Bool {
    var table = PrefixTable()
    var known: [UInt64: UInt32] = [:]
    var keys: [UInt32: UInt64] = [:]
    var generator = SplitMix64(seed: 11)
    for step in 0..<UInt32(steps) {
      let key = key(generator.next(upperBound: universe))
      let found = table.find(key) { keys[$0] == key }
      guard found == known[key] ?? PrefixTable.none else { return false }
      if let number = known[key] {
        table.remove(key) { $0 == number }
        known[key] = nil
        keys[number] = nil
      } else {
        guard table.insert(key, step) else { return false }
        known[key] = step
        keys[step] = key
      }
    }
    for (key, number) in known where table.find(key, where: { $0 == number }) != number {
      return false
    }
    return true
  }

  @Test func `what is put in is found until it is taken out`() {
    #expect(exercise(200_000, 30_000) { SplitMix64.mix($0) })
  }

  @Test func `keys that look alike in the bits that a slot keeps are told apart`() {
    // 300 keys for each of 40 tags.
    #expect(exercise(60_000, 12_000) { SplitMix64.mix($0 % 40) & ~0xFFFF_FFFF | $0 })
  }

  @Test func `keys that crowd one segment's slots wrap round its end`() {
    // All at home in the last eight slots of their segments.
    #expect(exercise(60_000, 3_000) { SplitMix64.mix($0) | 0x3F8 << 32 })
  }

  @Test func `a table that cannot tell keys apart refuses them instead of going on for ever`() {
    var table = PrefixTable()
    var refused = 0
    for number in 0..<1000 as Range<UInt32> where !table.insert(UInt64(number), number) {
      refused += 1
    }
    #expect(refused == 1000 - 768)
    for number in 0..<768 as Range<UInt32> {
      let found = table.find(UInt64(number)) { $0 == number }
      #expect(found == number)
    }
  }

  @Test func `memory follows the number of entries`() {
    var table = PrefixTable()
    for number in 0..<100_000 as Range<UInt32> {
      let isIn = table.insert(SplitMix64.mix(UInt64(number)), number)
      #expect(isIn)
    }
    // Between three quarters and a bit less than half full.
    let bytes = table.bytes
    #expect(bytes < 100_000 * 8 * 5 / 2)
  }
}
