/// The fits of one kind of work: one for each worker or pair, and one over all of them.
///
/// Owns at most `mostOwn` fits of its own keys; beyond that a key has only the pooled one. A worker
/// that was not seen often enough, or not lately, is taken for one like the others. Cost: a
/// dictionary look-up to read, two fits to note; allocates only for a key not seen before.
struct FitTable<Key: Hashable & Sendable> {
  /// What is known for a key.
  struct Known {
    /// The fit to use.
    let fit: CostFit
    /// Whether the key has no fresh fit of its own, so that a sample of it would teach something.
    let wantsSample: Bool
  }

  private static var mostOwn: Int { 4096 }

  private var own: [Key: CostFit] = [:]
  private var pooled = CostFit()

  /// The fit for `key`, its own or the pooled one; nil when neither has seen enough.
  func known(_ key: Key, at now: UInt64) -> Known? {
    if let fit = own[key], fit.isFresh(at: now) { return Known(fit: fit, wantsSample: false) }
    return pooled.isKnown ? Known(fit: pooled, wantsSample: true) : nil
  }

  /// Whether all keys together have taught enough, and some of it lately.
  func isPooledFresh(at now: UInt64) -> Bool { pooled.isFresh(at: now) }

  /// Learns what `key` took.
  mutating func note(_ key: Key, _ factors: CostFactors, took: Duration, at now: UInt64) {
    pooled.note(factors, took: took, at: now)
    guard own[key] != nil || own.count < FitTable.mostOwn else { return }
    own[key, default: CostFit()].note(factors, took: took, at: now)
    precondition(own.count <= FitTable.mostOwn)
  }

  /// Forgets the keys for which `isGone`.
  mutating func forget(where isGone: (Key) -> Bool) {
    guard own.keys.contains(where: isGone) else { return }
    own = own.filter { !isGone($0.key) }
  }
}
