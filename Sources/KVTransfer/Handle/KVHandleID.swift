/// The name of one KV handle inside one ledger: a place and how often the place was used before.
///
/// A name kept after its handle has ended is recognised as stale, because the place's generation
/// has moved on. Means nothing in another ledger. The generation wraps after 2³² uses of one place.
public struct KVHandleID: Hashable, Sendable, CustomStringConvertible {
  /// Place in the ledger.
  public let slot: UInt32
  /// How many handles lived in that place before.
  public let generation: UInt32

  init(slot: UInt32, generation: UInt32) {
    self.slot = slot
    self.generation = generation
  }

  /// `kv`, place and generation, for logs.
  public var description: String { "kv\(slot).\(generation)" }
}
