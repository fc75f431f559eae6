import Policies
import Testing
import Vocabulary

/// Random fields of up to 40 and 40 workers.
struct PairPropertyTests {
  private func field(_ generator: inout SplitMix64) -> PairField {
    func number(_ bound: Int) -> Int { Int(generator.next(upperBound: UInt64(bound))) }
    let (prefills, decodes) = (number(40) + 1, number(40) + 1)
    let busiest = [1, 3, 20][number(3)]
    let letters: [Character] = [".", "c", "f", "b", "x"]
    let kinds = number(5) + 1
    var field = PairField(
      prefill: (0..<prefills).map { _ in number(busiest) },
      decode: (0..<decodes).map { _ in number(busiest) }, "")
    field.relations = (0..<prefills).map { _ in
      (0..<decodes).map { _ in letters[4 - number(kinds)] }
    }
    field.prompt = [0, 1, 100, 4000, 100_000][number(5)]
    field.servesWholeBelow = [nil, 0, 512][number(3)]
    if number(2) == 0 {
      for place in field.decode.indices { field.decode[place].cachedBlocks = number(25) }
    }
    return field
  }

  @Test(arguments: 0..<20 as Range<UInt64>)
  func `an impossible pair is never chosen, and small fields have no cheaper pair`(seed: UInt64) {
    var generator = SplitMix64(seed: seed)
    for _ in 0..<100 {
      let field = field(&generator)
      let possible = field.prefill.indices.flatMap { prefill in
        field.decode.indices.filter { field.relation(prefill, $0) != .impossible }.map {
          (prefill, $0)
        }
      }
      guard let choice = field.choice(&generator) else { continue }
      #expect(possible.contains { $0 == (choice.prefill, choice.decode) })
      guard field.prefill.count <= 16, field.decode.count <= 16 else { continue }
      for (prefill, decode) in possible {
        #expect(choice.cost <= cost(field, prefill, decode))
      }
    }
  }

  @Test(arguments: 0..<20 as Range<UInt64>)
  func `a pair is never dearer than that of the cheapest prefill worker and its best partner`(
    seed: UInt64
  ) {
    var generator = SplitMix64(seed: seed)
    for _ in 0..<100 {
      var field = field(&generator)
      // One that is the cheapest without a draw.
      field.prefill[0].cachedBlocks = 20
      for place in field.prefill.indices.dropFirst() {
        field.prefill[place].tokensInFlight = TokenCount(200_000)
      }
      guard let choice = field.choice(&generator) else { continue }
      for decode in field.decode.indices where field.relation(0, decode) != .impossible {
        #expect(choice.cost <= cost(field, 0, decode))
      }
    }
  }

  /// What the one pair costs: chosen where the only alternative is impossible.
  private func cost(_ field: PairField, _ prefill: Int, _ decode: Int) -> Double {
    var alone = field
    alone.prefill = [field.prefill[prefill]]
    alone.decode = [field.decode[decode], field.decode[decode]]
    alone.relations = [[field.relations[prefill][decode], "x"]]
    var generator = SplitMix64(seed: 0)
    return alone.choice(&generator)?.cost ?? .infinity
  }

  @Test func `numbers of any size give a pair and no trap`() {
    var generator = SplitMix64(seed: 9)
    for extreme in [0, 1, Int.max] {
      for share in [1.0, 0, -1, .infinity, .nan] {
        var field = PairField(prefill: [0, 0], decode: [0, 0], ".c ..")
        field.prompt = extreme
        for place in 0..<2 {
          field.prefill[place].tokensInFlight = TokenCount(extreme)
          field.prefill[place].requestsInFlight = extreme
          field.decode[place].requestsInFlight = extreme
          field.decode[place].cachedBlocks = -extreme
          field.decode[place].share = share
          field.decode[place].reported = ReportedLoad(foreignRequests: extreme, kvUsage: 1)
        }
        #expect(field.choice(&generator) != nil)
      }
    }
  }
}
