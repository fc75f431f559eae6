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
  /// What a shadow policy remembers, which must not turn the real one's wheels; nil without one.
  /// Both read the same prefixes, for these say what workers have seen.
  public let shadow: PolicyMemory?
  private let prefillSessions: SessionTable
  private let servingSessions: SessionTable
  /// Whose turn it was last; atomics.
  let turns = RotationTurns()

  /// Memory of nothing yet, and as much for a shadow policy if there is one.
  public convenience init(settings: PolicySettings = PolicySettings(), hasShadow: Bool = false) {
    let hasher = PrefixHasher(seed: settings.hashSeed)
    let prefixes = PrefixIndex(bytesPerWorker: settings.maxTreeSize, loops: settings.loops)
    let shadow =
      hasShadow ? PolicyMemory(settings, hasher: hasher, prefixes: prefixes, shadow: nil) : nil
    self.init(settings, hasher: hasher, prefixes: prefixes, shadow: shadow)
  }

  private init(
    _ settings: PolicySettings, hasher: PrefixHasher, prefixes: PrefixIndex,
    shadow: PolicyMemory?
  ) {
    self.settings = settings
    self.hasher = hasher
    self.prefixes = prefixes
    self.shadow = shadow
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
    let legs = PolicyLeg.allCases.map { leg in
      shadow?.sessions(of: leg).finish(fingerprint)
      return sessions(of: leg).finish(fingerprint)
    }
    return legs.contains(true)
  }
}
