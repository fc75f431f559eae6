import Policies
import Vocabulary

/// One choice of a pair among 2 and 2, 16 and 16, 256 and 256 workers of which some pairs are cold
/// and some decode workers hold a part of the prompt.
func pairBenchmarks() -> [(name: String, bytes: Int, run: (_ iterations: Int) -> Void)] {
  [2, 16, 256].map { workers in
    (
      name: "pair \(workers)x\(workers) workers", bytes: 0,
      run: { choosePairsRepeatedly(among: workers, iterations: $0) }
    )
  }
}

/// What is between workers comes from a table, as a loop's book of pairs is one.
private func choosePairsRepeatedly(among workers: Int, iterations: Int) {
  func side(from first: Int) -> [WorkerSnapshot] {
    (0..<workers).map { number in
      var worker = WorkerSnapshot(
        id: WorkerID(number: UInt32(first + number)), role: first == 0 ? .prefill : .decode,
        requestsInFlight: 3 + number % 4, tokensInFlight: TokenCount(1000 + number * 37 % 512))
      worker.cachedBlocks = number % 5
      return worker
    }
  }
  let (prefill, decode) = (side(from: 0), side(from: workers))
  let relations = (0..<workers * workers).map { PairRelation(rawValue: $0 % 7 == 0 ? 2 : 0) }
  let chooser = PairChooser(servesWholeBelow: TokenCount(512))
  var request = RequestTraits(promptTokens: TokenCount(2560))
  request.prefix.hashes = Array(repeating: 1, count: 20)
  var generator = SplitMix64(seed: 1)
  var sum = 0
  prefill.withUnsafeBufferPointer { prefill in
    decode.withUnsafeBufferPointer { decode in
      for _ in 0..<iterations {
        let choice = chooser.choose(
          for: request, prefill: prefill, decode: decode, using: &generator
        ) { relations[$0 &* workers &+ $1] }
        sum &+= choice?.decode ?? 0
      }
    }
  }
  precondition(sum >= 0)
}
