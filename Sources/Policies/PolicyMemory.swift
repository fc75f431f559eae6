/// What the policies of all loops remember together, for one pool of workers or a P/D pair of
/// pools.
///
/// Made once per router; every part of it may be used from any loop's thread at any time and says
/// itself how it is locked and what bounds it.
public final class PolicyMemory: Sendable {
  /// What the operator chose.
  public let settings: PolicySettings
  /// Whose turn it was last; atomics.
  let turns = RotationTurns()

  /// Memory of nothing yet.
  public init(settings: PolicySettings = PolicySettings()) {
    self.settings = settings
  }
}
