internal import Vocabulary

/// The requests of a run: the same seed gives the same requests, each by its number alone, so that
/// none need be kept. Pure.
package struct Workload: Sendable {
  /// What they look like.
  package let source: WorkloadSource
  /// How many there are.
  package let count: Int
  private let seed: UInt64

  /// So many requests; of a trace at most those that it has.
  package init(_ source: WorkloadSource, count: Int, seed: UInt64) {
    precondition(count >= 0)
    self.source = source
    self.seed = SplitMix64.mix(seed)
    if case .trace(let requests, _) = source {
      self.count = min(count, requests.count)
    } else {
      self.count = count
    }
  }

  /// Request number `number`. Negative numbers are requests beside the run, to warm up with; a
  /// trace's are random there.
  package func request(_ number: Int) -> WorkloadRequest {
    precondition(number < count, "a workload has an end")
    switch source {
    case .random(let prefix, let input, let output, let ratio):
      var generator = SplitMix64(seed: own(number))
      let inputTokens = Workload.length(input, ratio, &generator)
      let outputTokens = Workload.length(output, ratio, &generator)
      return WorkloadRequest(
        number: number,
        pieces: [
          PromptPiece(seed: common(0), tokens: prefix),
          PromptPiece(seed: generator.next(), tokens: max(inputTokens, prefix > 0 ? 0 : 1)),
        ], outputTokens: max(1, outputTokens))
    case .prefixRepetition(let prefixes, let prefix, let suffix, let output):
      let turn = Int(UInt(bitPattern: number) % UInt(max(1, prefixes)))
      return WorkloadRequest(
        number: number,
        pieces: [
          PromptPiece(seed: common(turn), tokens: prefix),
          PromptPiece(seed: own(number), tokens: suffix),
        ], outputTokens: max(1, output))
    case .trace(let requests, let blockTokens):
      guard number >= 0 else {
        return WorkloadRequest(
          number: number, pieces: [PromptPiece(seed: own(number), tokens: blockTokens)],
          outputTokens: 1)
      }
      return traced(requests[number], number, blockTokens)
    }
  }

  /// A trace's request: its blocks as far as its length goes, and what no block is told of by
  /// itself.
  private func traced(
    _ request: TraceRequest, _ number: Int, _ blockTokens: Int
  ) -> WorkloadRequest {
    precondition(blockTokens > 0)
    var pieces: [PromptPiece] = []
    var rest = max(1, request.inputTokens)
    for block in request.blocks where rest > 0 {
      let tokens = min(rest, blockTokens)
      pieces.append(PromptPiece(seed: common(block), tokens: tokens))
      rest -= tokens
    }
    pieces.append(PromptPiece(seed: own(number), tokens: rest))
    return WorkloadRequest(
      number: number, pieces: pieces, outputTokens: max(1, request.outputTokens))
  }

  /// The seed of what only request `number` has.
  private func own(_ number: Int) -> UInt64 {
    SplitMix64.mix(seed ^ SplitMix64.mix(UInt64(bitPattern: Int64(number)) &+ 1))
  }

  /// The seed of what is called `name`, whoever has it.
  private func common(_ name: Int) -> UInt64 {
    SplitMix64.mix(~seed &+ SplitMix64.mix(UInt64(bitPattern: Int64(name)) &+ 0x5EED))
  }

  private static func length(
    _ mean: Int, _ ratio: Double, _ generator: inout SplitMix64
  ) -> Int {
    guard ratio > 0, mean > 0 else { return mean }
    let low = Int((Double(mean) * (1 - ratio)).rounded(.down))
    let high = Int((Double(mean) * (1 + ratio)).rounded(.up))
    return Int.random(in: max(0, low)...max(0, low, high), using: &generator)
  }
}
