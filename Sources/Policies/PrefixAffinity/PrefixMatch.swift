public import Vocabulary

/// What workers hold of one chain, as far as the index knows.
///
/// Owned by one loop and filled anew for each request by `PrefixIndex.match`. Looking up a worker
/// costs a few nanoseconds; allocates nothing once it has grown to the number of workers.
public final class PrefixMatch {
  /// Leading blocks of the chain that the worker who has most of it holds.
  public private(set) var longest = 0
  /// How many workers hold its first block.
  public var holders: Int { noted.count }

  /// Moves whenever a worker may have another slot than before.
  public var slotsVersion: Int { version }

  /// The slot of a worker in the index, below `PrefixIndex.mostWorkers`; nil where it has none.
  public func slot(of worker: WorkerID) -> Int? { places.place(of: worker) }

  /// Calls `body` with the slot of each worker that holds any of the chain, and how many of its
  /// leading blocks; in no order.
  @inline(__always)
  public func forEachHolder(_ body: (_ slot: Int, _ blocks: Int) -> Void) {
    for slot in noted { body(Int(slot), Int(depths[Int(slot)])) }
  }

  /// The slots of workers, as the index had them at `version`.
  var places = WorkerPlaces()
  var version = 0
  /// Leading blocks by slot.
  private var depths: [UInt16] = []
  /// The slots that hold any, and the same as bits.
  private var noted: [UInt16] = []
  private var isNoted: [UInt64] = []

  /// A match of nothing.
  public init() {}

  /// Leading blocks of the chain that lie in this worker's cache as far as is known.
  public func blocks(of worker: WorkerID) -> Int {
    guard longest > 0, let slot = places.place(of: worker), slot < depths.count else { return 0 }
    return Int(depths[slot])
  }

  /// Forgets the last chain.
  func clear() {
    if depths.isEmpty {
      depths = [UInt16](repeating: 0, count: PrefixIndex.mostWorkers)
      isNoted = [UInt64](repeating: 0, count: PrefixIndex.mostWorkers / 64)
      noted.reserveCapacity(PrefixIndex.mostWorkers)
    }
    guard longest > 0 else { return }
    for slot in noted {
      depths[Int(slot)] = 0
      isNoted[Int(slot >> 6)] = 0
    }
    noted.removeAll(keepingCapacity: true)
    longest = 0
  }

  /// The slots of `mask`, from slot 64 × `level` on, hold `depth` blocks, unless they are known to
  /// hold more.
  func note(_ mask: UInt64, level: Int, depth: Int) {
    precondition(depth > 0 && depth <= PrefixChain.mostBlocks)
    var fresh = mask & ~isNoted[level]
    guard fresh != 0 else { return }
    isNoted[level] |= fresh
    while fresh != 0 {
      let slot = level * 64 + fresh.trailingZeroBitCount
      depths[slot] = UInt16(truncatingIfNeeded: depth)
      noted.append(UInt16(truncatingIfNeeded: slot))
      fresh &= fresh - 1
    }
    longest = max(longest, depth)
  }
}
