/// The `usage` of an answer, in tokens.
package struct EngineUsage: Hashable, Sendable {
  /// Tokens of all prompts, each counted once whatever `n` is.
  package var prompt = 0
  /// Tokens generated for all choices.
  package var completion = 0
  /// Prompt tokens that did not have to be computed.
  package var cached = 0

  /// No tokens.
  package init() {}

  /// Prompt and answer together.
  package var total: Int { prompt + completion }
}
