/// A run of tokens of a prompt: equal seeds are equal tokens, as far as both go.
package struct PromptPiece: Equatable, Sendable {
  /// Decides every token.
  package let seed: UInt64
  /// How many tokens.
  package let tokens: Int
}
