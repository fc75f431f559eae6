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
  private let prefillSessions: SessionTable
  private let servingSessions: SessionTable

  /// Memory of nothing yet.
  public init(settings: PolicySettings = PolicySettings()) {
    self.settings = settings
    hasher = PrefixHasher(seed: settings.hashSeed)
    prefixes = PrefixIndex(bytesPerWorker: settings.maxTreeSize, loops: settings.loops)
    prefillSessions = SessionTable(
      expiry: settings.sessionExpiry, capacity: settings.sessionCapacity)
    servingSessions = SessionTable(
      expiry: settings.sessionExpiry, capacity: settings.sessionCapacity)
  }

  /// Which worker each session was routed to, for one leg: prefill and decode workers are chosen
  /// apart, so a session has one of each.
  public func sessions(of leg: PolicyLeg) -> SessionTable {
    switch leg {
    case .prefill: prefillSessions
    case .serving: servingSessions
    }
  }

  /// Forgets the session that clients call `id`, on every leg; whether it was known on any.
  @discardableResult
  public func finishSession(_ id: some Sequence<UInt8>) -> Bool {
    let fingerprint = SessionTable.fingerprint(of: id)
    let legs = PolicyLeg.allCases.map { sessions(of: $0).finish(fingerprint) }
    return legs.contains(true)
  }
}
