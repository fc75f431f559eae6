/// The policies by the names of the command line.
public enum PolicyName: String, Sendable, CaseIterable {
  /// Each in turn, in registration order.
  case roundRobin = "round_robin"
  /// Any, with equal chance.
  case random
  /// Of two drawn at random, the one with less to do.
  case powerOfTwo = "power_of_two"
  /// The one with the least to do.
  case leastLoad = "least_load"
  /// The one that would be through with its work soonest and has room for KV.
  case kvLoad = "kv_load"
  /// The one with the least to compute, its cache considered.
  case kvAware = "kv_aware"

  /// A new policy of this name, which shares `memory` with those of other loops.
  public func make(sharing memory: PolicyMemory = PolicyMemory()) -> any Policy {
    switch self {
    case .roundRobin: RoundRobinPolicy(sharing: memory.turns)
    case .random: RandomPolicy()
    case .powerOfTwo: PowerOfTwoPolicy()
    case .leastLoad: LeastLoadPolicy()
    case .kvLoad: KVLoadPolicy()
    case .kvAware: KVAwarePolicy(temperature: memory.settings.temperature)
    }
  }

  /// What it wants to be told.
  public var needs: PolicyNeeds {
    switch self {
    case .roundRobin, .random: []
    case .powerOfTwo, .leastLoad, .kvLoad: .reportedLoad
    case .kvAware: [.cachedBlocks, .reportedLoad]
    }
  }
}
