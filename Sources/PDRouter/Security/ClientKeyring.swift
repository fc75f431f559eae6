internal import Synchronization
internal import Vocabulary
internal import Wire

/// The API keys of clients, as they are now; they may be replaced while requests come.
///
/// Shared by all loops. A loop keeps a copy of the list and compares `version` (one atomic load)
/// before it looks; it takes the lock only when that has moved.
public final class ClientKeyring: Sendable {
  private let keys: Guarded<[ClientKey]>
  private let changes = Atomic<Int>(0)

  /// A ring of `keys`.
  init(_ keys: [ClientKey]) {
    self.keys = Guarded(keys)
  }

  /// Moves with every replacement.
  var version: Int { changes.load(ordering: .acquiring) }

  /// The keys.
  var current: [ClientKey] { keys.withLock { $0 } }

  /// From now on these are the keys.
  func replace(with keys: [ClientKey]) {
    self.keys.withLock { $0 = keys }
    changes.wrappingAdd(1, ordering: .releasing)
  }

  /// The one of `keys` whose digest is `digest`, or nil.
  ///
  /// Looks at every key whatever it has found, without a branch that depends on a digest: how long
  /// it takes tells the number of keys and nothing else.
  static func find(_ digest: SHA256Digest, in keys: [ClientKey]) -> ClientKey? {
    var found = 0
    for place in keys.indices { found |= keys[place].digest.equality(to: digest) &* (place &+ 1) }
    return found > 0 ? keys[found - 1] : nil
  }
}
