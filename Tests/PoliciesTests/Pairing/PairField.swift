import Policies
import Vocabulary

/// Two sides to choose a pair from, and what is between them.
struct PairField {
  var prefill: [WorkerSnapshot]
  var decode: [WorkerSnapshot]
  /// A row for each prefill worker with a letter for each decode worker: `.` nothing special,
  /// `c` cold, `f` far, `b` both, `x` impossible.
  var relations: [[Character]]
  /// Length of the prompt, in tokens and in blocks of its chain.
  var prompt = 4000
  var blocks = 20
  /// Tokens below which decode serves alone.
  var servesWholeBelow: Int?

  /// Workers with these requests (of 1,000 tokens each) and these relations, a word per prefill
  /// worker.
  init(prefill: [Int], decode: [Int], _ relations: String) {
    self.prefill = prefill.enumerated().map {
      Pool.worker($0.offset, requests: $0.element, tokens: $0.element * 1000)
    }
    self.decode = decode.enumerated().map {
      Pool.worker(1000 + $0.offset, requests: $0.element, tokens: $0.element * 1000)
    }
    self.relations = relations.split(separator: " ").map(Array.init)
  }

  /// `sides` idle workers of each kind, with what `relation` says between them.
  init(sides: Int, _ relation: (_ prefill: Int, _ decode: Int) -> Character) {
    self.init(
      prefill: Array(repeating: 0, count: sides), decode: Array(repeating: 0, count: sides), "")
    relations = (0..<sides).map { row in (0..<sides).map { relation(row, $0) } }
  }

  /// What is chosen now.
  func choice(_ generator: inout SplitMix64) -> PairChoice? {
    var traits = RequestTraits(promptTokens: TokenCount(prompt))
    traits.prefix.hashes = Array(repeating: 7, count: blocks)
    let chooser = PairChooser(servesWholeBelow: servesWholeBelow.map { TokenCount($0) })
    return prefill.withUnsafeBufferPointer { prefill in
      decode.withUnsafeBufferPointer { decode in
        chooser.choose(for: traits, prefill: prefill, decode: decode, using: &generator) {
          relation($0, $1)
        }
      }
    }
  }

  /// What is between the two.
  func relation(_ prefill: Int, _ decode: Int) -> PairRelation {
    switch relations[prefill][decode] {
    case "c": .cold
    case "f": .far
    case "b": [.cold, .far]
    case "x": .impossible
    default: []
    }
  }

  /// The pairs chosen with any of 40 seeds, each as `prefill-decode`.
  var chosen: Set<String> {
    Set(
      (0..<40 as Range<UInt64>).map { seed in
        var generator = SplitMix64(seed: seed)
        return choice(&generator).map { "\($0.prefill)-\($0.decode)" } ?? "nobody"
      })
  }
}
