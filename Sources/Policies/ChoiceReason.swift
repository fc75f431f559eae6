/// Why a policy chose the worker it chose: one word for logs and metrics.
public enum ChoiceReason: UInt8, Sendable, CaseIterable {
  /// There was nobody else.
  case onlyCandidate
  /// It was this worker's turn.
  case rotation
  /// The generator said so.
  case random
  /// It had less to do than every other.
  case leastLoaded
  /// It was drawn from several that had equally little to do.
  case tie
  /// The request's session key or prompt belongs there.
  case hash
  /// It is next in order after the one to which the request belongs, which is away or has too much.
  case hashSpill
  /// The session was there before.
  case session
  /// It had the fewest sessions when a new one came.
  case fewestSessions

  /// The reason as it is written in logs and metric labels.
  public var name: StaticString {
    switch self {
    case .onlyCandidate: "only_candidate"
    case .rotation: "rotation"
    case .random: "random"
    case .leastLoaded: "least_loaded"
    case .tie: "tie"
    case .hash: "hash"
    case .hashSpill: "hash_spill"
    case .session: "session"
    case .fewestSessions: "fewest_sessions"
    }
  }
}
