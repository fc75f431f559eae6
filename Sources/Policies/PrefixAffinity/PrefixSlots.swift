internal import Vocabulary

/// Which worker has which slot of the prefix index.
///
/// A slot is a bit in the sets of holders. It is *free*, or somebody's, or being *cleared* after
/// its worker has left it, and nobody's until then. Pure; guarded by a lock of the index.
struct PrefixSlots: Sendable {
  /// The slots of workers.
  private(set) var places = WorkerPlaces()
  private var free: [UInt16] = []
  private var used = 0
  private var owners: [WorkerID?] = []

  /// Slots that are somebody's.
  var count: Int { places.count }

  /// The worker whose slot it is.
  func owner(of slot: Int) -> WorkerID? {
    slot < owners.count ? owners[slot] : nil
  }

  /// Gives a worker without one a slot; nil when none is free.
  mutating func take(for worker: WorkerID) -> Int? {
    let slot: Int
    if let last = free.popLast() {
      slot = Int(last)
    } else {
      guard used < PrefixIndex.mostWorkers else { return nil }
      slot = used
      used += 1
      owners.append(nil)
    }
    precondition(owners[slot] == nil, "a free slot is nobody's")
    owners[slot] = worker
    places.insert(worker, at: slot)
    return slot
  }

  /// Takes the worker's slot from it, to be cleared; nil when it has none.
  mutating func leave(_ worker: WorkerID) -> Int? {
    guard let slot = places.place(of: worker) else { return nil }
    precondition(owners[slot] == worker)
    owners[slot] = nil
    places.remove(worker)
    return slot
  }

  /// The slot has been cleared.
  mutating func noteCleared(_ slot: Int) {
    precondition(owners[slot] == nil, "what is cleared is nobody's")
    free.append(UInt16(truncatingIfNeeded: slot))
  }
}
