package import Vocabulary

/// What became of one request.
package struct RequestRecord: Sendable {
  /// Its number in the workload.
  package let number: Int
  /// When it should have been sent.
  package let due: Instant
  /// When it was begun to be sent, its connection included.
  package let sent: Instant
  /// When the first token came; nil for failures and for answers that came whole.
  package var firstToken: Instant?
  /// When its answer was complete, or failed.
  package var end: Instant
  /// Tokens of the prompt: as the engine says, else as asked for.
  package var inputTokens: Int
  /// Tokens of the answer.
  package var outputTokens = 0
  /// Tokens of the prompt that the engine says it had in its cache.
  package var cachedTokens = 0
  /// Why it failed; nil when it did not.
  package var failure: RequestFailure?
  /// Every time between two tokens, where kept.
  package var gaps: [Duration]?
  /// What was generated, where kept.
  package var text: String?

  /// Whether it has a whole answer.
  package var isSuccess: Bool { failure == nil }

  /// Time per token after the first; nil where there is no second one.
  package var perToken: Duration? {
    guard let firstToken, outputTokens > 1 else { return nil }
    return (end - firstToken) / (outputTokens - 1)
  }
}
