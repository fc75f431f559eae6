import Policies
import Vocabulary

/// One request of a trace: when it comes, how long it is, and what its prompt shares with others.
struct ReplayRequest {
  /// Tokens of one block of the prompt, as in Mooncake's traces.
  static let blockTokens = 512

  /// Seconds from the start of the trace.
  let arrival: Double
  let promptTokens: Int
  let outputTokens: Int
  /// One element for each block.
  let chain: PrefixChain

  /// A request whose prompt has these blocks: equal numbers at the start are a common prefix.
  init(arrival: Double, promptTokens: Int, outputTokens: Int, blocks: [Int]) {
    self.arrival = arrival
    self.promptTokens = promptTokens
    self.outputTokens = outputTokens
    var chain = PrefixChain()
    var hash: UInt64 = 0
    for block in blocks.prefix(PrefixChain.mostBlocks) {
      hash = SplitMix64.mix(hash &+ SplitMix64.mix(UInt64(truncatingIfNeeded: block)))
      chain.hashes.append(hash)
    }
    self.chain = chain
  }
}
