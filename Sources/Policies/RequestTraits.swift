public import Vocabulary

/// What a policy may know of a request: never its body, only what was derived from it.
///
/// Grows with the policies (prefix hashes, session key); a policy reads what it needs.
public struct RequestTraits: Sendable, Equatable {
  /// Estimated length of the prompt.
  public let promptTokens: TokenCount

  /// Traits from their parts; `promptTokens` may not be negative.
  @inlinable
  public init(promptTokens: TokenCount) {
    precondition(promptTokens.number >= 0)
    self.promptTokens = promptTokens
  }
}
