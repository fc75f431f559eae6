/// One request to be sent: what its prompt is made of, and how many tokens are asked for.
package struct WorkloadRequest: Equatable, Sendable {
  /// From 0 in the order of sending.
  package let number: Int
  /// The prompt, piece after piece; none is empty.
  package let pieces: [PromptPiece]
  /// Tokens of the answer that are asked for, 1 or more.
  package let outputTokens: Int

  /// Tokens of the prompt, as they were asked for; an engine may count others.
  package var inputTokens: Int { pieces.reduce(0) { $0 + $1.tokens } }

  /// A request from its parts; pieces without tokens are left out.
  init(number: Int, pieces: [PromptPiece], outputTokens: Int) {
    precondition(outputTokens > 0)
    self.number = number
    self.pieces = pieces.filter { $0.tokens > 0 }
    self.outputTokens = outputTokens
  }
}
