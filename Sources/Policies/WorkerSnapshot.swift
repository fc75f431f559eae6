public import Vocabulary

/// What a policy may know of one worker at the moment of a choice: plain numbers, no owner.
///
/// The caller fills one per eligible worker just before the choice, so that the numbers are those
/// of this wake-up. Copying costs nothing; nothing that a policy changes in it goes anywhere.
public struct WorkerSnapshot: Sendable, Equatable {
  /// Who it is.
  public var id: WorkerID
  /// What it is for.
  public var role: Role
  /// Requests reserved on it by this router and not yet ended, of every loop.
  public var requestsInFlight: Int
  /// Estimated prompt tokens of those requests.
  public var tokensInFlight: TokenCount
  /// Whether it would be its first meeting with the prefill worker already chosen: the engines have
  /// a handshake of seconds before them.
  public var isColdPair: Bool
  /// Leading blocks of the request's `prefix` that lie in its cache as far as is known.
  public var cachedBlocks = 0
  /// Whether others have served the request's model or adapter and it has not, as far as is known.
  public var isNewToModel = false
  /// What its engine said of itself lately; nil when it said nothing, or too long ago.
  public var reported: ReportedLoad?
  /// Share of its part that it is to be given: below 1 for a while after it came (back).
  public var share = 1.0
  /// Whether it lies elsewhere than the prefill worker already chosen, by their topology labels.
  public var isFarPair = false

  /// A snapshot of a worker of which only these numbers are known; none may be negative.
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
