import Policies
import Vocabulary

let prefillWorker = WorkerID(number: 1)
let decodeWorker = WorkerID(number: 2)

extension DisaggregationQuestion {
  /// A question about the two workers of these tests, idle and acquainted.
  static func of(prompt: Int, cachedOnDecode: Int = 0) -> DisaggregationQuestion {
    var question = DisaggregationQuestion(
      promptTokens: TokenCount(prompt), prefill: prefillWorker, decode: decodeWorker)
    question.cachedOnDecode = TokenCount(cachedOnDecode)
    return question
  }
}

extension DisaggregationObservation {
  static func prefilled(
    _ tokens: Int, queued: Int = 0, seconds: Double, on worker: WorkerID = prefillWorker
  ) -> DisaggregationObservation {
    .prefillDone(
      worker: worker, uncached: TokenCount(tokens), queuedAhead: TokenCount(queued),
      took: .seconds(seconds))
  }

  static func handedOver(
    _ tokens: Int, seconds: Double, isColdPair: Bool = false
  ) -> DisaggregationObservation {
    .handOver(
      prefill: prefillWorker, decode: decodeWorker, tokens: TokenCount(tokens),
      isColdPair: isColdPair, took: .seconds(seconds))
  }

  static func servedWhole(
    _ tokens: Int, queued: Int = 0, decodes: Int = 0, seconds: Double,
    on worker: WorkerID = decodeWorker
  ) -> DisaggregationObservation {
    .servedWhole(
      worker: worker, uncached: TokenCount(tokens), queuedAhead: TokenCount(queued),
      activeDecodes: decodes, took: .seconds(seconds))
  }
}

extension DisaggregationDecider {
  /// Shows each way 100 times, with 50 to 5,000 tokens, taking the seconds that the functions say.
  mutating func teach(
    whole: (_ tokens: Int) -> Double, prefill: (_ tokens: Int) -> Double,
    handOver: (_ tokens: Int) -> Double
  ) {
    for step in 1...100 {
      // A stride prime to 100, so that sizes come in no order.
      let tokens = step * 37 % 100 * 50 + 50
      note(.servedWhole(tokens, seconds: whole(tokens)))
      note(.prefilled(tokens, seconds: prefill(tokens)))
      note(.handedOver(tokens, seconds: handOver(tokens)))
    }
  }
}

/// A number drawn uniformly from -1 to 1.
func noise(_ generator: inout SplitMix64) -> Double {
  Double(generator.next() >> 11) / Double(1 << 52) - 1
}
