/// One request of a trace: when it came, how long it was, and what its prompt shares with others.
package struct TraceRequest: Equatable, Sendable {
  /// The most tokens that a line may tell, of a prompt or of an answer; more is a mistake.
  static let mostTokens = 1 << 24

  /// From the first request of the trace.
  package let offset: Duration
  /// Tokens of the prompt.
  package let inputTokens: Int
  /// Tokens of the answer.
  package let outputTokens: Int
  /// One name for each block of the prompt, equal names for equal blocks; empty where the trace
  /// tells nothing of that.
  package let blocks: [Int]

  /// A request from its parts.
  package init(offset: Duration, inputTokens: Int, outputTokens: Int, blocks: [Int]) {
    precondition(inputTokens >= 0 && outputTokens >= 0)
    self.offset = offset
    self.inputTokens = inputTokens
    self.outputTokens = outputTokens
    self.blocks = blocks
  }
}
