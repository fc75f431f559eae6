package import Vocabulary

/// The KV caches an engine keeps for others to read, each under a lease, and a record of every
/// misuse: the oracle of the router's tests.
///
/// It knows handles and leases; the blocks themselves stay in the `BlockPool`, and every operation
/// that ends a handle returns the blocks its caller releases there. A real reader works by RDMA and
/// asks nobody: so a read of freed blocks is never refused, only counted. Ended handles are
/// remembered, the last 65,536 of them, to tell late from twice from never known.
/// Cost: O(1) an operation, expiry O(live handles).
package struct KVExports: ~Copyable {
  /// What became of a handle.
  package enum Ending: Hashable, Sendable {
    /// A decode engine read it.
    case consumed
    /// A decode engine said it would not read it.
    case released
    /// Its lease ended.
    case expired
  }

  struct Live {
    let blocks: [Int32]
    var deadline: Instant
    var reader: String?
  }

  struct Ended {
    let ending: Ending
    let reader: String?
  }

  /// What happened so far.
  package private(set) var counts = KVExportCounts()
  /// Blocks pinned for readers now.
  package private(set) var pinnedBlocks = 0
  /// The earliest end of a lease; never, when nothing is exported.
  package private(set) var nextExpiry = Instant.distantFuture

  private var live: [String: Live] = [:]
  private var ended: [String: Ended] = [:]
  private var endedOrder: [String] = []
  private var endedStart = 0
  private let rememberedEndings = 65_536

  /// No exports yet.
  package init() {}

  /// Handles that wait for a reader now.
  package var count: Int { live.count }

  /// The names of the handles that wait for a reader now, in order.
  package var liveNames: [String] { live.keys.sorted() }

  /// The names of the handles that ended so, in order, as far as they are remembered.
  package func names(endedAs ending: Ending) -> [String] {
    ended.filter { $0.value.ending == ending }.map(\.key).sorted()
  }

  /// What became of a handle that is live no more; nil when it is live, or was never known.
  package func ending(of requestID: String) -> Ending? {
    ended[requestID]?.ending
  }

  /// The blocks of a handle that is live; nil of any other.
  package func blocks(of requestID: String) -> [Int32]? {
    live[requestID]?.blocks
  }

  /// Notes that a name under which engines meet was used twice.
  package mutating func noteDoubleUse() {
    counts.doubleUses += 1
  }

  /// Notes that a decode engine that had asked was gone when it was written to.
  package mutating func noteWriteToGone() {
    counts.writesToGone += 1
  }

  /// Pins `blocks` until `deadline` under the name `requestID`, which must be new.
  package mutating func add(_ requestID: String, blocks: [Int32], deadline: Instant) {
    precondition(live[requestID] == nil, "an export's name is unique")
    live[requestID] = Live(blocks: blocks, deadline: deadline, reader: nil)
    pinnedBlocks += blocks.count
    nextExpiry = min(nextExpiry, deadline)
    counts.exports += 1
  }

  /// Notes that `consumer` reads `blockCount` blocks of a handle, rightly or wrongly.
  package mutating func noteRead(_ requestID: String, by consumer: String, blockCount: Int) {
    counts.reads += 1
    if let handle = live[requestID] {
      if handle.reader == nil {
        live[requestID]?.reader = consumer
      } else if handle.reader != consumer {
        counts.doubleUses += 1
      }
      return
    }
    if blockCount > 0 { counts.readsAfterFree += 1 }
    guard let old = ended[requestID] else {
      counts.unknownReads += 1
      return
    }
    switch old.ending {
    case .consumed where old.reader != consumer: counts.doubleUses += 1
    case .consumed: break
    case .expired: counts.lateReads += 1
    case .released: counts.readsAfterRelease += 1
    }
  }

  /// Ends a handle on a reader's word; returns the blocks to free, none when it had ended already.
  package mutating func end(_ requestID: String, as reason: KVNotice.Reason) -> [Int32] {
    guard live[requestID] != nil else {
      counts.notificationsAfterExpiry += 1
      return []
    }
    switch reason {
    case .consumed: counts.consumed += 1
    case .released: counts.released += 1
    }
    return finish(requestID, as: reason == .consumed ? .consumed : .released)
  }

  /// Pushes the end of a lease to at least `deadline`; no effect on a handle that has ended.
  package mutating func extend(_ requestID: String, to deadline: Instant) {
    guard let handle = live[requestID] else {
      counts.heartbeatsTooLate += 1
      return
    }
    live[requestID]?.deadline = max(handle.deadline, deadline)
    if handle.deadline == nextExpiry { recomputeNextExpiry() }
  }

  /// Ends every handle whose lease is over at `now`; returns the blocks to free.
  package mutating func expire(at now: Instant) -> [Int32] {
    guard nextExpiry <= now else { return [] }
    var freed: [Int32] = []
    for requestID in live.filter({ $0.value.deadline <= now }).map(\.key).sorted() {
      counts.expired += 1
      freed += finish(requestID, as: .expired)
    }
    recomputeNextExpiry()
    return freed
  }

  private mutating func finish(_ requestID: String, as ending: Ending) -> [Int32] {
    guard let handle = live.removeValue(forKey: requestID) else { return [] }
    pinnedBlocks -= handle.blocks.count
    precondition(pinnedBlocks >= 0)
    if ending != .expired && handle.deadline == nextExpiry { recomputeNextExpiry() }
    remember(requestID, Ended(ending: ending, reader: handle.reader))
    return handle.blocks
  }

  private mutating func recomputeNextExpiry() {
    nextExpiry = live.values.lazy.map(\.deadline).min() ?? .distantFuture
  }

  private mutating func remember(_ requestID: String, _ end: Ended) {
    ended[requestID] = end
    endedOrder.append(requestID)
    guard endedOrder.count - endedStart > rememberedEndings else { return }
    ended[endedOrder[endedStart]] = nil
    endedStart += 1
    if endedStart > rememberedEndings {
      endedOrder.removeFirst(endedStart)
      endedStart = 0
    }
  }
}
