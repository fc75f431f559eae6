internal import Vocabulary

/// The places of a ledger: one block of memory that grows by doubling up to a limit.
///
/// Free places are reused last-out-first-in, so that few places stay warm. Addresses are valid
/// until the next `take`. Names are checked: a stale one stops the program.
struct KVSlotTable: ~Copyable {
  /// Most places there may be.
  let limit: Int
  /// Places in use.
  private(set) var used = 0

  private var base: UnsafeMutablePointer<KVSlot>
  private var capacity: Int
  private var initialised = 0
  private var firstFree: UInt32?

  init(limit: Int) {
    precondition(limit > 0 && limit < Int(UInt32.max), "a ledger needs room for a handle")
    self.limit = limit
    capacity = min(limit, 64)
    base = .allocate(capacity: capacity)
  }

  deinit {
    base.deinitialize(count: initialised)
    base.deallocate()
  }

  /// Takes a free place and gives it a new handle. Precondition: `used < limit`.
  mutating func take() -> KVHandleID {
    precondition(used < limit, "the ledger is full; ask isFull before beginPrefill")
    let place: UInt32
    if let free = firstFree {
      place = free
      firstFree = base[Int(free)].nextFree
      base[Int(free)].nextFree = nil
      base[Int(free)].machine = KVHandleStateMachine()
    } else {
      if initialised == capacity { grow() }
      (base + initialised).initialize(to: KVSlot())
      place = UInt32(initialised)
      initialised += 1
    }
    used += 1
    return KVHandleID(slot: place, generation: base[Int(place)].generation)
  }

  /// Gives a place back; every name of it is stale from now on. Precondition: its handle has ended.
  mutating func giveBack(_ id: KVHandleID, keepingParameterBytes kept: Int) {
    let slot = self.slot(id)
    precondition(slot.pointee.machine.stage == .ended, "a place is given back after the ending")
    slot.pointee.parameters.removeAll(keepingCapacityUpTo: kept)
    slot.pointee.engine = nil
    slot.pointee.heldAt = nil
    slot.pointee.generation &+= 1
    slot.pointee.nextFree = firstFree
    firstFree = id.slot
    used -= 1
  }

  /// The place of `id`. Precondition: the name is not stale.
  @inline(__always)
  borrowing func slot(_ id: KVHandleID) -> UnsafeMutablePointer<KVSlot> {
    precondition(Int(id.slot) < initialised, "a name from another ledger")
    let slot = base + Int(id.slot)
    precondition(slot.pointee.generation == id.generation, "a stale name: the handle has ended")
    return slot
  }

  /// Whether `id` names a handle that has not ended.
  func contains(_ id: KVHandleID) -> Bool {
    guard Int(id.slot) < initialised else { return false }
    let slot = base + Int(id.slot)
    return slot.pointee.generation == id.generation && slot.pointee.machine.stage != .ended
  }

  /// How many places were ever used: what a walk over all of them has to visit.
  var extent: Int { initialised }

  /// The handle at `place`, if one lives there.
  @inline(__always)
  borrowing func occupied(_ place: Int) -> (KVHandleID, UnsafeMutablePointer<KVSlot>)? {
    precondition(place >= 0 && place < initialised)
    let slot = base + place
    guard slot.pointee.machine.stage != .ended else { return nil }
    return (KVHandleID(slot: UInt32(place), generation: slot.pointee.generation), slot)
  }

  private mutating func grow() {
    let larger = min(capacity * 2, limit)
    let moved = UnsafeMutablePointer<KVSlot>.allocate(capacity: larger)
    moved.moveInitialize(from: base, count: initialised)
    base.deallocate()
    base = moved
    capacity = larger
  }
}
