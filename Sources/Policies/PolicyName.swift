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

  /// Whether it weighs load or caches, so that a prefill and a decode worker may be chosen together
  /// for it (`PairChooser`); a policy that places requests is always obeyed.
  public var weighsPairs: Bool {
    switch self {
    case .roundRobin, .random: false
    case .leastLoad: true
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
