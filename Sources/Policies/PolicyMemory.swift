/// What the policies of all loops remember together, for one pool of workers or a P/D pair of
/// pools.
///
/// Made once per router; every part of it may be used from any loop's thread at any time and says
/// itself how it is locked and what bounds it.
public final class PolicyMemory: Sendable {
  /// What the operator chose.
  public let settings: PolicySettings
  /// The hash function of prompts.
  public let hasher: PrefixHasher
  /// Which workers have seen which prefixes.
  public let prefixes: PrefixIndex

  /// Memory of nothing yet.
  public init(settings: PolicySettings = PolicySettings()) {
    self.settings = settings
    hasher = PrefixHasher(seed: settings.hashSeed)
    prefixes = PrefixIndex(bytesPerWorker: settings.maxTreeSize, loops: settings.loops)
  }
}
