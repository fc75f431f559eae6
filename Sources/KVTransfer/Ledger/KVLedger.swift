public import Vocabulary

/// Every KV handle of one loop, from the prefill leg's start to its one settlement.
///
/// Owned by one loop and used on its thread; does no I/O and reads no clock. Each handle has one
/// owner (a request), which makes the calls below in the order of `KVHandleStateMachine` and
/// exactly one that ends the handle: `abandonPrefill`, `settle`, or a `dispatch` that does not
/// answer `.go`. From then on the name is stale, and using it again stops the program. The ledger
/// settles *held* handles by itself when the lease is over or prefill has restarted; the owner
/// learns of it at its next call.
///
/// Limits: `capacity` handles at once (`isFull` tells before). Cost: constant per call, without
/// allocation once the places and their parameter buffers (up to 8 KiB each stay) are warm; sweeps
/// and listings walk all places.
public struct KVLedger: ~Copyable {
  /// How long prefill keeps the blocks after it has answered, unattended.
  public let lease: Duration
  /// How much of the lease must be left at dispatch, for the way to the decode engine's scheduler.
  public let margin: Duration
  /// What has happened since the ledger was made.
  public private(set) var counts = KVLedgerCounts()

  private static let keptParameterBytes = 8192

  private var slots: KVSlotTable
  private var tallies: [KVWorkerTally] = []
  private var heldNow = 0

  /// An empty ledger for handles leased for `lease`, of which `margin` must be left at dispatch.
  ///
  /// `capacity` is the most handles at once; 65,536 is more requests than one loop serves.
  public init(lease: Duration, margin: Duration, capacity: Int = 65_536) {
    precondition(margin >= .zero && lease > margin, "a lease must outlast its margin")
    self.lease = lease
    self.margin = margin
    slots = KVSlotTable(limit: capacity)
  }

  // MARK: Prefill

  /// Whether no further handle can be begun now.
  public var isFull: Bool { slots.used == slots.limit }

  /// A new handle: the prefill leg to `worker` is about to be sent. Precondition: not `isFull`.
  public mutating func beginPrefill(on worker: WorkerID, now: Instant) -> KVHandleID {
    let id = slots.take()
    let slot = slots.slot(id)
    slot.pointee.prefillWorker = worker
    slot.pointee.began = now
    makeTally(of: worker)
    tallies[Int(worker.number)].live += 1
    counts.begun += 1
    return id
  }

  /// Prefill failed or was cancelled before it answered: nothing was pinned that we know of.
  ///
  /// Ends the handle. Precondition: prefilling.
  public mutating func abandonPrefill(_ id: KVHandleID) {
    slots.slot(id).pointee.machine.abandon()
    counts.abandoned += 1
    end(id)
  }

  /// Prefill answered with `parameters` (copied); the lease runs from `now`. Precondition:
  /// prefilling.
  ///
  /// `engine` is the identity in the answer. A new one means that the engine has restarted: handles
  /// held from earlier incarnations of the worker are settled `spent`.
  public mutating func hold(
    _ id: KVHandleID, parameters: UnsafeRawBufferPointer, engine: KVEngineIdentity?, now: Instant
  ) {
    precondition(!parameters.isEmpty, "an answer without parameters is holdNothing")
    let slot = slots.slot(id)
    slot.pointee.machine.hold(until: now + lease)
    slot.pointee.parameters.append(parameters)
    slot.pointee.engine = engine
    let worker = slot.pointee.prefillWorker
    tallies[Int(worker.number)].pinning += 1
    heldNow += 1
    counts.held += 1
    if let engine { noteIncarnation(of: worker, engine: engine) }
  }

  /// Prefill answered without parameters: the request goes on with an empty handle, which pins
  /// nothing, never expires, and is dispatched and settled like any other. Precondition:
  /// prefilling.
  public mutating func holdNothing(_ id: KVHandleID) {
    slots.slot(id).pointee.machine.holdNothing()
    counts.empty += 1
  }

  // MARK: Decode

  /// The decode leg to `worker` is about to be sent. Precondition: held (or withdrawn meanwhile).
  ///
  /// Every verdict but `.go` ends the handle; the way on is a new prefill.
  public mutating func dispatch(
    _ id: KVHandleID, to worker: WorkerID, now: Instant
  ) -> DispatchVerdict {
    let slot = slots.slot(id)
    let wasPinning = slot.pointee.machine.isPinning
    let verdict = slot.pointee.machine.dispatch(to: worker, now: now, margin: margin)
    if wasPinning { heldNow -= 1 }
    switch verdict {
    case .go:
      if wasPinning { counts.dispatched += 1 }
    case .leaseExpired:
      unpin(slot.pointee.prefillWorker, as: .expired)
      end(id)
    case .withdrawn:
      end(id)
    }
    return verdict
  }

  /// The decode connection was refused and not one byte delivered: the handle is held again, under
  /// the same lease. Precondition: dispatched.
  public mutating func takeBack(_ id: KVHandleID) {
    let slot = slots.slot(id)
    slot.pointee.machine.takeBack()
    guard slot.pointee.machine.isPinning else { return }
    heldNow += 1
    counts.takenBack += 1
  }

  /// Decode answered with a 2xx head. Precondition: dispatched.
  public mutating func attach(_ id: KVHandleID) {
    slots.slot(id).pointee.machine.attach()
  }

  /// Ends the handle as its owner says. A second time is a precondition failure.
  ///
  /// Preconditions: `consumed` once attached; `expired` while held; the others from held on. A
  /// handle that the ledger has withdrawn keeps its earlier settlement.
  public mutating func settle(_ id: KVHandleID, as settlement: KVSettlement, now: Instant) {
    let slot = slots.slot(id)
    precondition(now >= slot.pointee.began, "time runs backwards")
    let wasHeld = slot.pointee.machine.stage == .held
    let wasPinning = slot.pointee.machine.isPinning
    let settlesNow = slot.pointee.machine.settle(as: settlement)
    if wasPinning {
      precondition(settlesNow)
      if wasHeld { heldNow -= 1 }
      unpin(slot.pointee.prefillWorker, as: settlement)
    }
    end(id)
  }

  /// Gives `body` the parameters of `id`, byte for byte as prefill wrote them; none when it is
  /// empty.
  ///
  /// The bytes are valid during the call. Precondition: the name is not stale.
  public func withParameters<Result, Failure: Error>(
    of id: KVHandleID, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(slots.slot(id).pointee.parameters.bytes)
  }

  // MARK: Settling held handles without their owners

  /// Settles every held handle whose lease has ended by `now` as `expired`; says how many.
  ///
  /// Meant for a slow timer. Costs nothing while nothing is held.
  public mutating func expireHeld(now: Instant) -> Int {
    withdrawHeld(as: .expired) { slot in
      guard let deadline = slot.pointee.machine.deadline else { return false }
      return deadline <= now
    }
  }

  /// The engine at `worker` showed `engine` as its identity: when that is new, it has restarted,
  /// and the handles held from its other incarnations are settled `spent`; says how many.
  @discardableResult
  public mutating func noteIncarnation(of worker: WorkerID, engine: KVEngineIdentity) -> Int {
    makeTally(of: worker)
    guard tallies[Int(worker.number)].meets(engine) else { return 0 }
    return withdrawHeld(as: .spent) { slot in
      slot.pointee.prefillWorker == worker && slot.pointee.engine != engine
    }
  }

  /// `worker` is gone for good: what is held of it is settled `spent`; says how many.
  @discardableResult
  public mutating func workerDidLeave(_ worker: WorkerID) -> Int {
    withdrawHeld(as: .spent) { slot in slot.pointee.prefillWorker == worker }
  }

  // MARK: Looking

  /// Handles not ended.
  public var live: Int { slots.used }

  /// Handles of prefill worker `worker` not ended, empty and withdrawn ones included.
  public func live(on worker: WorkerID) -> Int {
    Int(worker.number) < tallies.count ? tallies[Int(worker.number)].live : 0
  }

  /// Handles that pin blocks of prefill worker `worker` now: it may not be stopped before this is
  /// 0.
  public func pinning(on worker: WorkerID) -> Int {
    Int(worker.number) < tallies.count ? tallies[Int(worker.number)].pinning : 0
  }

  /// Where in its life `id` is; `.ended` for a stale name.
  public func stage(of id: KVHandleID) -> KVHandleStage {
    slots.contains(id) ? slots.slot(id).pointee.machine.stage : .ended
  }

  /// Whether prefill answered `id` without parameters. Precondition: the name is not stale.
  public func isEmpty(_ id: KVHandleID) -> Bool {
    slots.slot(id).pointee.machine.isEmpty
  }

  /// Shows every live handle, in no order that means anything.
  public func forEachLive(_ body: (KVHandleListing) -> Void) {
    for place in 0..<slots.extent {
      guard let (id, slot) = slots.occupied(place) else { continue }
      body(
        KVHandleListing(
          id: id,
          stage: slot.pointee.machine.stage,
          isEmpty: slot.pointee.machine.isEmpty,
          prefillWorker: slot.pointee.prefillWorker,
          decodeWorker: slot.pointee.machine.decodeWorker,
          began: slot.pointee.began,
          deadline: slot.pointee.machine.deadline,
          parameterByteCount: slot.pointee.parameters.count))
    }
  }

  // MARK: Book-keeping

  private mutating func withdrawHeld(
    as settlement: KVSettlement, where isLost: (UnsafeMutablePointer<KVSlot>) -> Bool
  ) -> Int {
    guard heldNow > 0 else { return 0 }
    var lost = 0
    for place in 0..<slots.extent {
      guard let (_, slot) = slots.occupied(place) else { continue }
      let stage = slot.pointee.machine.stage
      guard stage == .held, slot.pointee.machine.isPinning, isLost(slot) else { continue }
      slot.pointee.machine.withdraw(as: settlement)
      unpin(slot.pointee.prefillWorker, as: settlement)
      lost += 1
    }
    heldNow -= lost
    precondition(heldNow >= 0)
    return lost
  }

  private mutating func unpin(_ worker: WorkerID, as settlement: KVSettlement) {
    tallies[Int(worker.number)].pinning -= 1
    precondition(tallies[Int(worker.number)].pinning >= 0)
    counts.note(settlement)
  }

  private mutating func end(_ id: KVHandleID) {
    let worker = slots.slot(id).pointee.prefillWorker
    tallies[Int(worker.number)].live -= 1
    precondition(tallies[Int(worker.number)].live >= 0)
    slots.giveBack(id, keepingParameterBytes: KVLedger.keptParameterBytes)
  }

  private mutating func makeTally(of worker: WorkerID) {
    while tallies.count <= Int(worker.number) { tallies.append(KVWorkerTally()) }
  }
}
