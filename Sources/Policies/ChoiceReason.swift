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
  /// Together with the other worker of its pair it cost less than every other pair.
  case cheapestPair
  /// It has enough of the prompt in its cache.
  case prefixHit
  /// Nobody has enough of the prompt in its cache; it had the least to do.
  case prefixMiss
  /// Others had too much to do; the cache did not count.
  case loadImbalance
  /// The request's session key or prompt belongs there.
  case hash
  /// It is next in order after the one to which the request belongs, which is away or has too much.
  case hashSpill
  /// The session was there before.
  case session
  /// It had the fewest sessions when a new one came.
  case fewestSessions
  /// It had less to do than the other one of two that were drawn.
  case lighterOfTwo
  /// Its cost, as the policy reckons it, was the least.
  case leastCost
  /// It was drawn, and a lesser cost made that likelier.
  case drawnByCost

  /// The reason as it is written in logs and metric labels.
  public var name: StaticString {
    switch self {
    case .onlyCandidate: "only_candidate"
    case .rotation: "rotation"
    case .random: "random"
    case .leastLoaded: "least_loaded"
    case .tie: "tie"
    case .cheapestPair: "cheapest_pair"
    case .prefixHit: "prefix_hit"
    case .prefixMiss: "prefix_miss"
    case .loadImbalance: "load_imbalance"
    case .hash: "hash"
    case .hashSpill: "hash_spill"
    case .session: "session"
    case .fewestSessions: "fewest_sessions"
    case .lighterOfTwo: "lighter_of_two"
    case .leastCost: "least_cost"
    case .drawnByCost: "drawn_by_cost"
    }
  }
}
