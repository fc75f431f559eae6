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
  /// The one that has most of the prompt in its cache, with an eye on load.
  case cacheAware = "cache_aware"
  /// The session key's place on the baseline's hash ring.
  case consistentHash = "consistent_hash"
  /// The highest score of the session key with a worker, by the baseline's hash.
  case rendezvousHash = "rendezvous_hash"
  /// The prompt's beginning, with bounded load.
  case prefixHash = "prefix_hash"
  /// The session's worker; new sessions evenly.
  case stickyLeastLoaded = "sticky_least_loaded"
  /// The one that would be through with its work soonest and has room for KV.
  case kvLoad = "kv_load"
  /// The one with the least to compute, its cache considered.
  case kvAware = "kv_aware"

  /// A new policy of this name for `leg`, which shares `memory` with those of other loops.
  public func make(
    sharing memory: PolicyMemory = PolicyMemory(), for leg: PolicyLeg = .serving
  ) -> any Policy {
    switch self {
    case .roundRobin: RoundRobinPolicy(sharing: memory.turns)
    case .random: RandomPolicy()
    case .powerOfTwo: PowerOfTwoPolicy()
    case .leastLoad: LeastLoadPolicy()
    case .cacheAware: CacheAwarePolicy(settings: memory.settings)
    case .consistentHash: ConsistentHashPolicy(memory.settings)
    case .rendezvousHash: RendezvousHashPolicy(memory.settings)
    case .prefixHash: PrefixHashPolicy(memory.settings)
    case .stickyLeastLoaded:
      StickyLeastLoadedPolicy(memory.sessions(of: leg), settings: memory.settings)
    case .kvLoad: KVLoadPolicy()
    case .kvAware: KVAwarePolicy(temperature: memory.settings.temperature)
    }
  }

  /// Whether it weighs load or caches, so that a prefill and a decode worker may be chosen together
  /// for it (`PairChooser`); a policy that places requests is always obeyed.
  public var weighsPairs: Bool {
    switch self {
    case .leastLoad, .cacheAware, .kvLoad, .kvAware: true
    case .roundRobin, .random, .powerOfTwo, .consistentHash, .rendezvousHash, .prefixHash,
      .stickyLeastLoaded:
      false
    }
  }

  /// What it wants to be told.
  public var needs: PolicyNeeds {
    switch self {
    case .roundRobin, .random: []
    case .powerOfTwo, .leastLoad, .kvLoad: .reportedLoad
    case .cacheAware, .kvAware: [.cachedBlocks, .reportedLoad]
    case .consistentHash, .rendezvousHash, .stickyLeastLoaded: [.session, .prefix]
    case .prefixHash: .prefix
    }
  }
}
