public import Vocabulary

/// What a policy may know of one worker at the moment of a choice: plain numbers, no owner.
///
/// The caller fills one per eligible worker just before the choice, so that the numbers are those
/// of this wake-up. Copying costs nothing; nothing in it can be changed by a policy.
public struct WorkerSnapshot: Sendable, Equatable {
  /// Who it is.
  public let id: WorkerID
  /// What it is for.
  public let role: Role
  /// Requests reserved on it and not yet ended, of every loop.
  public let requestsInFlight: Int
  /// Estimated prompt tokens of those requests.
  public let tokensInFlight: TokenCount
  /// Whether it would be its first meeting with the prefill worker already chosen: the engines have
  /// a handshake of seconds before them.
  public let isColdPair: Bool

  /// A snapshot from its numbers, neither of which may be negative.
  @inlinable
  public init(
    id: WorkerID, role: Role, requestsInFlight: Int, tokensInFlight: TokenCount,
    isColdPair: Bool = false
  ) {
    precondition(requestsInFlight >= 0, "a reservation was given back twice")
    precondition(tokensInFlight.number >= 0, "a reservation was given back twice")
    self.id = id
    self.role = role
    self.requestsInFlight = requestsInFlight
    self.tokensInFlight = tokensInFlight
    self.isColdPair = isColdPair
  }
}
