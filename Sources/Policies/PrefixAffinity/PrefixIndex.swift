internal import Synchronization
public import Vocabulary

/// Which worker has seen which prefixes of prompts: a guess at what lies in the engines' caches.
///
/// Learned from routing alone (`insert`), so that the second of two siblings in a burst already
/// meets the first one's worker. Shared by all loops and both legs. Each worker has its own
/// least-recently-used order, and whoever holds a block holds all blocks before it.
///
/// *Limits.* A worker is remembered with `bytesPerWorker` of prompt, and all together with
/// `mostHoldings` shares in blocks: where that is less, every worker that is known has an equal
/// part of it. A share takes 64 bytes when nobody else has one in its block and 38 when others
/// have; beyond 64 workers a block takes 8 more for each further 64 of which one holds it. So 8
/// workers with the default bound take 33 MB, 64 or more of them 270 MB, and 1,024 that share
/// nothing 780 MB. When a limit is reached, the oldest goes, ends of chains first. `mostWorkers`
/// workers have a slot; when one more comes, the one least recently inserted for is forgotten.
///
/// *Threads.* Any. Chains lie in shards by their first block, each under a lock of its own; two
/// chains of different prompts, models or salts hardly meet. By the first block and not by any
/// other one, because then a whole chain takes one lock, and all that chains may share lies in one
/// place; a system prompt that all requests have in common is the price, and its lock is held for
/// about a microsecond a request. A lock is held for at most `batch` blocks at a time (some 15 µs).
/// Which shard holds a worker's oldest block is published by each, so the order holds over all of
/// them.
///
/// *Cost.* `match` as in `PrefixShard`; `insert` 30 ns a block that lies in the processor's caches,
/// some 100 for one that does not or that is new. Neither allocates, but when the memory grows by a
/// chunk or a segment.
public final class PrefixIndex: Sendable {
  /// Most workers that are remembered at once: as many as the router may have.
  public static let mostWorkers = 1024
  /// Most shares of workers in blocks, of all workers together.
  public static let mostHoldings = 1 << 22
  /// Blocks that are inserted or evicted under one lock.
  static let batch = 128
  /// Shares that one insertion evicts of a worker whose part has become less; the next ones, or
  /// `trim`, go on.
  private static let mostAtOnce = 1024
  private static let mostShards = 32
  /// Times that eviction is tried in vain, because others were faster, before it is left to them.
  private static let mostVain = 8

  private struct Slot: ~Copyable {
    /// Shares in blocks, in all shards.
    let held = Atomic<Int>(0)
    /// The last insertion, to find who was not inserted for the longest.
    let lastUse = Atomic<UInt64>(0)
  }

  /// A shard, and the lock that is held by whoever uses it.
  private struct Cell: ~Copyable {
    let lock = Guarded(())
    var shard = PrefixShard()
  }

  private let blocksPerWorker: Int
  private let mostHoldings: Int
  let shardCount: Int
  nonisolated(unsafe) private let cells: UnsafeMutablePointer<Cell>
  /// By shard and slot: when the oldest there was touched.
  nonisolated(unsafe) private let oldest: UnsafeMutablePointer<Atomic<UInt64>>
  nonisolated(unsafe) private let states: UnsafeMutablePointer<Slot>
  private let slots = Guarded(PrefixSlots())
  /// Moves with every worker that gets or leaves a slot.
  private let version = Atomic<Int>(1)
  private let members = Atomic<Int>(0)
  private let clock = Atomic<UInt64>(0)
  private let total = Atomic<Int>(0)
  private let evictions = Atomic<Int>(0)
  /// The slot that is next looked at for more than its part.
  private let cursor = Atomic<Int>(0)

  /// An index of nothing.
  ///
  /// - Parameters:
  ///   - bytesPerWorker: prompt bytes that are remembered of each worker.
  ///   - loops: threads that will use it at the same time.
  public convenience init(bytesPerWorker: Int, loops: Int = 1) {
    self.init(bytesPerWorker: bytesPerWorker, loops: loops, mostHoldings: Self.mostHoldings)
  }

  init(bytesPerWorker: Int, loops: Int, mostHoldings: Int) {
    precondition(loops > 0 && mostHoldings > 0)
    blocksPerWorker = max(0, bytesPerWorker / PrefixChain.blockBytes)
    self.mostHoldings = mostHoldings
    var count = 1
    // Four shards a loop: two loops want the same one rarely.
    while loops > 1, count < PrefixIndex.mostShards, count < loops &* 4 { count *= 2 }
    shardCount = count
    cells = .allocate(capacity: count)
    for number in 0..<count { (cells + number).initialize(to: Cell()) }
    oldest = .allocate(capacity: count * PrefixIndex.mostWorkers)
    for place in 0..<(count * PrefixIndex.mostWorkers) {
      (oldest + place).initialize(to: Atomic(.max))
    }
    states = .allocate(capacity: PrefixIndex.mostWorkers)
    for slot in 0..<PrefixIndex.mostWorkers { (states + slot).initialize(to: Slot()) }
  }

  deinit {
    cells.deinitialize(count: shardCount)
    cells.deallocate()
    oldest.deinitialize(count: shardCount * PrefixIndex.mostWorkers)
    oldest.deallocate()
    states.deinitialize(count: PrefixIndex.mostWorkers)
    states.deallocate()
  }

  /// Fills `match` with how many leading blocks of `chain` each worker holds.
  public func match(_ chain: borrowing PrefixChain, into match: PrefixMatch) {
    match.clear()
    guard let root = chain.hashes.first else { return }
    refresh(match)
    chain.hashes.withUnsafeBufferPointer { hashes in
      withShard(shard(of: root)) { $0.match(hashes, into: match) }
    }
  }

  /// A request with this prompt goes to `worker`, which will hold it in its cache.
  public func insert(_ chain: borrowing PrefixChain, for worker: WorkerID) {
    guard let root = chain.hashes.first, blocksPerWorker > 0 else { return }
    guard let slot = slot(for: worker) else { return }
    let stamp = clock.add(1, ordering: .relaxed).newValue
    states[slot].lastUse.store(stamp, ordering: .relaxed)
    let shard = shard(of: root)
    chain.hashes.withUnsafeBufferPointer { hashes in
      var end = min(hashes.count, limit)
      while end > 0 {
        let start = max(0, end - PrefixIndex.batch)
        touch(UnsafeBufferPointer(rebasing: hashes[start..<end]), worker, slot, shard, stamp)
        makeRoom(for: slot)
        end = start
      }
    }
  }

  /// Forgets what `worker` holds: it has left, or it has started anew with an empty cache.
  public func forget(_ worker: WorkerID) {
    let left = slots.withLock { slots -> Int? in
      let slot = slots.leave(worker)
      if slot != nil { noteMembers(slots.count) }
      return slot
    }
    guard let slot = left else { return }
    for shard in 0..<shardCount {
      while clear(slot, in: shard) > 0 {}
    }
    slots.withLock { $0.noteCleared(slot) }
  }

  /// Brings every worker to its limit, which becomes less as workers come.
  public func trim() {
    for slot in 0..<PrefixIndex.mostWorkers { bring(slot, to: limit, most: .max) }
  }
}

// MARK: - Figures

extension PrefixIndex {
  /// Blocks that somebody holds.
  public var blocks: Int { sum { $0.blockCount } }

  /// Shares of workers in blocks.
  public var holdings: Int { total.load(ordering: .relaxed) }

  /// Memory in use.
  public var bytes: Int {
    sum { $0.bytes } + shardCount * PrefixIndex.mostWorkers * 8
      + PrefixIndex.mostWorkers * MemoryLayout<Slot>.stride
  }

  /// Shares that went to make room, ever.
  public var evicted: Int { evictions.load(ordering: .relaxed) }

  /// Blocks that `worker` holds.
  public func blocks(heldBy worker: WorkerID) -> Int {
    guard let slot = slots.withLock({ $0.places.place(of: worker) }) else { return 0 }
    return states[slot].held.load(ordering: .relaxed)
  }

  /// The sum over all shards, each at a slightly different time.
  func sum(_ count: (borrowing PrefixShard) -> Int) -> Int {
    var sum = 0
    for number in 0..<shardCount { withShard(number) { sum += count($0) } }
    return sum
  }

  /// Blocks that each worker may hold now.
  private var limit: Int {
    min(blocksPerWorker, mostHoldings / max(1, members.load(ordering: .relaxed)))
  }
}

// MARK: - Slots

extension PrefixIndex {
  private func slot(for worker: WorkerID) -> Int? {
    slots.withLock { $0.places.place(of: worker) } ?? takeSlot(for: worker)
  }

  /// Gives a new worker a slot, at worst that of the one least recently inserted for.
  private func takeSlot(for worker: WorkerID) -> Int? {
    for _ in 0..<2 {
      let slot = slots.withLock { slots -> Int? in
        if let slot = slots.places.place(of: worker) { return slot }
        guard let slot = slots.take(for: worker) else { return nil }
        for number in 0..<shardCount {
          withShard(number) { $0.lines[slot].owner = worker }
        }
        noteMembers(slots.count)
        return slot
      }
      if let slot { return slot }
      guard let idlest = idlestWorker() else { return nil }
      forget(idlest)
    }
    return nil
  }

  private func idlestWorker() -> WorkerID? {
    slots.withLock { slots in
      var found: (worker: WorkerID, use: UInt64)?
      for slot in 0..<PrefixIndex.mostWorkers {
        let use = states[slot].lastUse.load(ordering: .relaxed)
        guard let owner = slots.owner(of: slot), use < found?.use ?? .max else { continue }
        found = (owner, use)
      }
      return found?.worker
    }
  }

  /// The lock of the slots is held.
  private func noteMembers(_ count: Int) {
    members.store(count, ordering: .relaxed)
    version.add(1, ordering: .releasing)
  }

  /// Copies who has which slot, if that has changed.
  private func refresh(_ match: PrefixMatch) {
    let current = version.load(ordering: .acquiring)
    guard match.version != current else { return }
    match.version = current
    match.places = slots.withLock { $0.places }
  }
}

// MARK: - Shards

extension PrefixIndex {
  /// The low bits; the shard's tables go by the high ones.
  @inline(__always)
  private func shard(of root: UInt64) -> Int {
    Int(truncatingIfNeeded: root) & (shardCount - 1)
  }

  /// Does `body` under the shard's lock.
  @inline(__always)
  private func withShard(_ number: Int, _ body: (inout PrefixShard) -> Void) {
    precondition(number >= 0 && number < shardCount)
    cells[number].lock.withLock { _ in body(&cells[number].shard) }
  }

  private func touch(
    _ hashes: UnsafeBufferPointer<UInt64>, _ worker: WorkerID, _ slot: Int, _ number: Int,
    _ stamp: UInt64
  ) {
    withShard(number) { shard in
      // It may have been forgotten since its slot was looked up.
      guard shard.lines[slot].owner == worker else { return }
      let added = shard.touch(hashes, slot: slot, stamp: stamp)
      note(added, slot)
      publish(shard.oldestStamp(of: slot), slot, number)
    }
  }

  /// Takes a batch of what is left from a slot that was somebody's.
  private func clear(_ slot: Int, in number: Int) -> Int {
    var taken = 0
    withShard(number) { shard in
      shard.lines[slot].owner = nil
      taken = shard.evict(slot, most: PrefixIndex.batch)
      note(-taken, slot)
      publish(shard.oldestStamp(of: slot), slot, number)
    }
    return taken
  }

  /// Evicts until `slot` has no more than its part, and all together have no more than they may.
  private func makeRoom(for slot: Int) {
    let limit = limit
    bring(slot, to: limit, most: PrefixIndex.mostAtOnce)
    for _ in 0..<PrefixIndex.mostWorkers {
      let excess = total.load(ordering: .relaxed) - mostHoldings
      guard excess > 0 else { return }
      // Somebody has more than an equal part: it was there before others came.
      let place = cursor.wrappingAdd(1, ordering: .relaxed).oldValue
      bring(place & (PrefixIndex.mostWorkers - 1), to: limit, most: excess)
    }
  }

  /// Evicts the oldest of a slot's shares, in whichever shard they lie, down to `limit`, but no
  /// more than `most` of them.
  private func bring(_ slot: Int, to limit: Int, most: Int) {
    var left = most
    var vain = 0
    while left > 0, vain < PrefixIndex.mostVain {
      let excess = states[slot].held.load(ordering: .relaxed) - limit
      guard excess > 0 else { return }
      let (number, next) = shardWithOldest(slot)
      let batch = min(excess, left, PrefixIndex.batch)
      var taken = 0
      withShard(number) { shard in
        taken = shard.evict(slot, most: batch, through: next)
        note(-taken, slot)
        publish(shard.oldestStamp(of: slot), slot, number)
      }
      evictions.add(taken, ordering: .relaxed)
      left -= taken
      if taken == 0 { vain += 1 }
    }
  }

  /// The shard in which the slot's oldest share lies, and when the oldest of any other was touched.
  private func shardWithOldest(_ slot: Int) -> (number: Int, next: UInt64) {
    guard shardCount > 1 else { return (0, .max) }
    var found = (number: 0, stamp: UInt64.max)
    var next = UInt64.max
    for number in 0..<shardCount {
      let stamp = oldest[number * PrefixIndex.mostWorkers + slot].load(ordering: .relaxed)
      if stamp < found.stamp {
        next = found.stamp
        found = (number, stamp)
      } else {
        next = min(next, stamp)
      }
    }
    return (found.number, next)
  }

  /// The shard's lock is held.
  private func note(_ added: Int, _ slot: Int) {
    guard added != 0 else { return }
    states[slot].held.add(added, ordering: .relaxed)
    total.add(added, ordering: .relaxed)
  }

  /// The shard's lock is held.
  private func publish(_ stamp: UInt64, _ slot: Int, _ number: Int) {
    guard shardCount > 1 else { return }
    oldest[number * PrefixIndex.mostWorkers + slot].store(stamp, ordering: .relaxed)
  }
}
