/// The policies by the names of the command line.
public enum PolicyName: String, Sendable, CaseIterable {
  /// Each in turn, in registration order.
  case roundRobin = "round_robin"
  /// Any, with equal chance.
  case random
  /// The one with the least to do.
  case leastLoad = "least_load"
  /// The one that has most of the prompt in its cache, with an eye on load.
  case cacheAware = "cache_aware"

  /// A new policy of this name, which shares `memory` with those of other loops.
  public func make(sharing memory: PolicyMemory = PolicyMemory()) -> any Policy {
    switch self {
    case .roundRobin: RoundRobinPolicy()
    case .random: RandomPolicy()
    case .leastLoad: LeastLoadPolicy()
    case .cacheAware: CacheAwarePolicy(settings: memory.settings)
    }
  }

  /// What it wants to be told.
  public var needs: PolicyNeeds {
    switch self {
    case .roundRobin, .random, .leastLoad: []
    case .cacheAware: [.cachedBlocks, .reportedLoad]
    }
  }
}
