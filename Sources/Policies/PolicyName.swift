/// The policies by the names of the command line.
public enum PolicyName: String, Sendable, CaseIterable {
  /// Each in turn, in registration order.
  case roundRobin = "round_robin"
  /// Any, with equal chance.
  case random
  /// The one with the fewest requests in flight.
  case leastLoaded = "least_loaded"

  /// A new policy of this name, with no memory of earlier choices.
  public func make() -> any Policy {
    switch self {
    case .roundRobin: RoundRobinPolicy()
    case .random: RandomPolicy()
    case .leastLoaded: LeastLoadedPolicy()
    }
  }
}
