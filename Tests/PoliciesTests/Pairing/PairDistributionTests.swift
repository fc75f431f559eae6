import Policies
import Testing
import Vocabulary

struct PairDistributionTests {
  /// Workers of each side in two zones: every pair within a zone is as good, so each has the same
  /// share and those across have none.
  @Test(arguments: [(2, 10.83), (4, 24.32), (8, 61.10), (32, 614.0)])
  func `idle pairs that cost the same have equal shares`(sides: Int, bound: Double) {
    let field = PairField(sides: sides) { $0 % 2 == $1 % 2 ? "." : "f" }
    var generator = SplitMix64(seed: 31)
    var shares = [Int](repeating: 0, count: sides * sides)
    for _ in 0..<(sides * sides * 20) {
      guard let choice = field.choice(&generator) else { continue }
      shares[choice.prefill * sides + choice.decode] += 1
    }
    let (near, far) = (
      shares.indices.filter { ($0 / sides) % 2 == ($0 % sides) % 2 },
      shares.indices.filter { ($0 / sides) % 2 != ($0 % sides) % 2 }
    )
    #expect(far.allSatisfy { shares[$0] == 0 })
    #expect(near.reduce(0) { $0 + shares[$1] } == sides * sides * 20)
    #expect(chiSquare(near.map { shares[$0] }) < bound)
  }

  /// A warm decode worker and a cold one, requests that never end: the first four are warm, then
  /// both get every second.
  @Test func `a cold pair gets its share once the warm one has four requests more`() {
    var field = PairField(prefill: [0], decode: [0, 0], ".c")
    var generator = SplitMix64(seed: 4)
    var levels: [[Int]] = []
    for _ in 0..<24 {
      guard let choice = field.choice(&generator) else { continue }
      field.decode[choice.decode].requestsInFlight += 1
      levels.append(field.decode.map(\.requestsInFlight))
    }
    #expect(levels.prefix(4) == [[1, 0], [2, 0], [3, 0], [4, 0]])
    #expect(levels.last == [14, 10])
    #expect(levels.allSatisfy { $0[0] - $0[1] <= 5 })
  }

  /// Three times as many prefill tokens in the far zone as one hand-over from there costs more.
  @Test func `a zone that is full sends its surplus across`() {
    var field = PairField(prefill: [0, 0], decode: [0, 0], ".f f.")
    field.decode[1] = Pool.worker(1001, requests: 1000, tokens: 0)
    field.prompt = 1000
    var generator = SplitMix64(seed: 4)
    for _ in 0..<40 {
      guard let choice = field.choice(&generator) else { continue }
      #expect(choice.decode == 0)
      field.prefill[choice.prefill].tokensInFlight = TokenCount(
        field.prefill[choice.prefill].tokensInFlight.number + field.prompt)
    }
    // Afar costs 600 more, less than one prompt: the near worker is never two ahead.
    let tokens = field.prefill.map(\.tokensInFlight.number)
    #expect(tokens == [20_000, 20_000])
  }

  @Test func `of 256 and 256 the only warm pair of the cheapest prefill worker is found`() {
    // Idle all, one prefill worker cheaper than all others, one decode worker that it knows.
    var field = PairField(sides: 256) { $0 == 77 && $1 == 200 ? "." : "c" }
    for place in field.prefill.indices where place != 77 {
      field.prefill[place].tokensInFlight = TokenCount(3000)
    }
    #expect(field.chosen == ["77-200"])
  }
}
