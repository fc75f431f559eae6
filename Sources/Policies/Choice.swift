/// A policy's answer: which candidate, and why.
public struct Choice: Sendable, Equatable {
  /// Place of the chosen worker among the candidates that were given.
  public let index: Int
  /// Why this one.
  public let reason: ChoiceReason
  /// The number the policy compared, in its own unit (`docs/policies.md`); 0 where none is
  /// compared.
  public let score: Double

  /// A choice from its parts.
  @inlinable
  public init(index: Int, reason: ChoiceReason, score: Double = 0) {
    precondition(index >= 0)
    self.index = index
    self.reason = reason
    self.score = score
  }
}
