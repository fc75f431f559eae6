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
    case .lighterOfTwo: "lighter_of_two"
    case .leastCost: "least_cost"
    case .drawnByCost: "drawn_by_cost"
    }
  }
}
