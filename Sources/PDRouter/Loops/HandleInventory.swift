internal import KVTransfer
internal import Vocabulary

/// The live KV handles of one loop, or of several together, at one moment.
struct HandleInventory: Sendable {
  /// One handle as it is listed.
  struct Row: Sendable {
    /// The loop whose ledger has it.
    let loop: Int
    /// What the ledger says.
    let listing: KVHandleListing
    /// Since its prefill leg began.
    let age: Duration
    /// What is left of its lease; negative when it is over and nobody has noticed yet.
    let leaseLeft: Duration?
  }

  /// The handles, at most as many as were asked for.
  private(set) var rows: [Row] = []
  /// How many there are of each stage, by the stage's raw value; all of them.
  private(set) var stageCounts = [Int](repeating: 0, count: KVHandleStage.allCases.count)
  /// Bytes of all their parameters.
  private(set) var parameterBytes = 0

  /// Nothing.
  init() {}

  /// How many handles are alive.
  var total: Int { stageCounts.reduce(0, +) }

  /// Notes one handle; beyond `limit` it is only counted.
  mutating func note(_ listing: KVHandleListing, loop: Int, now: Instant, limit: Int) {
    stageCounts[Int(listing.stage.rawValue)] += 1
    parameterBytes += listing.parameterByteCount
    guard rows.count < limit else { return }
    rows.append(
      Row(
        loop: loop, listing: listing, age: now - listing.began,
        leaseLeft: listing.deadline.map { $0 - now }))
  }

  /// Adds another loop's handles; keeps the oldest `limit` of those listed.
  mutating func merge(_ other: HandleInventory, limit: Int) {
    precondition(stageCounts.count == other.stageCounts.count)
    for place in stageCounts.indices { stageCounts[place] += other.stageCounts[place] }
    parameterBytes += other.parameterBytes
    rows += other.rows
    rows.sort { $0.age > $1.age }
    rows.removeLast(max(0, rows.count - limit))
  }
}
