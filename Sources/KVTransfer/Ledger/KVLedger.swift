public import Vocabulary

/// Every KV handle of one loop, from the prefill leg's start to its one settlement.
///
/// Owned by one loop and used on its thread; does no I/O and reads no clock. Each handle has one
/// owner (a request), which makes the calls below in the order of `KVHandleStateMachine` and
/// exactly one that ends the handle: `abandonPrefill`, `settle`, or a `dispatch` that does not
/// answer `.go`. From then on the name is stale, and using it again stops the program. The ledger
/// settles handles that no engine attends to (*held*, *releasing*) by itself when the lease is over
/// or prefill has restarted; the owner learns of it at its next call.
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
  private var unattendedNow = 0

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

  /// Prefill answered: `write` appends the handle's parameters, and the lease runs from `now`.
  /// Precondition: prefilling.
  ///
  /// `engine` is the identity in the answer. A new one means that the engine has restarted: handles
  /// held from earlier incarnations of the worker are settled `spent`.
  public mutating func hold(
    _ id: KVHandleID, engine: KVEngineIdentity?, now: Instant,
    writing write: (inout ByteBuffer) -> Void
  ) {
    slots.slot(id).pointee.machine.hold(until: now + lease)
    pin(id, engine, now, write)
    if let engine { noteIncarnation(of: slots.slot(id).pointee.prefillWorker, engine: engine) }
  }

  /// The legs leave together: `write` appends the parameters before prefill has answered.
  /// Precondition: prefilling.
  ///
  /// The handle counts as held and as pinning from now on, since prefill may have the blocks at any
  /// moment; its lease begins with `noteAnswer`.
  public mutating func holdAhead(
    _ id: KVHandleID, engine: KVEngineIdentity?, now: Instant,
    writing write: (inout ByteBuffer) -> Void
  ) {
    slots.slot(id).pointee.machine.holdAhead()
    pin(id, engine, now, write)
  }

  /// Prefill answered for a handle that was held ahead: its lease runs from `now`.
  ///
  /// Precondition: the name is not stale.
  public mutating func noteAnswer(_ id: KVHandleID, engine: KVEngineIdentity?, now: Instant) {
    let slot = slots.slot(id)
    slot.pointee.machine.noteAnswer(until: now + lease)
    guard let engine else { return }
    slot.pointee.engine = engine
    noteIncarnation(of: slot.pointee.prefillWorker, engine: engine)
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
    if wasPinning { unattendedNow -= 1 }
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
    unattendedNow += 1
    counts.takenBack += 1
  }

  /// Decode answered with a 2xx head. Precondition: dispatched.
  public mutating func attach(_ id: KVHandleID) {
    slots.slot(id).pointee.machine.attach()
  }

  /// Nobody will use the handle: whoever gives it back owns it now, and settles it. Precondition:
  /// held, dispatched or attached (or withdrawn meanwhile), and not empty.
  ///
  /// - Returns: false when the ledger has settled it already; it is gone then.
  public mutating func beginRelease(_ id: KVHandleID, now: Instant) -> Bool {
    let slot = slots.slot(id)
    let wasHeld = slot.pointee.machine.stage == .held
    guard slot.pointee.machine.beginRelease(until: now + lease) else {
      _ = slot.pointee.machine.settle(as: .spent)
      end(id)
      return false
    }
    if !wasHeld { unattendedNow += 1 }
    return true
  }

  /// Ends the handle as its owner says. A second time is a precondition failure.
  ///
  /// Preconditions: `consumed` once attached; `expired` while held or releasing; the others from
  /// held on. A handle that the ledger has withdrawn keeps its earlier settlement.
  public mutating func settle(_ id: KVHandleID, as settlement: KVSettlement, now: Instant) {
    let slot = slots.slot(id)
    precondition(now >= slot.pointee.began, "time runs backwards")
    let wasUnattended = KVLedger.isUnattended(slot.pointee.machine.stage)
    let wasPinning = slot.pointee.machine.isPinning
    let settlesNow = slot.pointee.machine.settle(as: settlement)
    if wasPinning {
      precondition(settlesNow)
      if wasUnattended { unattendedNow -= 1 }
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

  // MARK: Settling handles without their owners

  /// Settles every held or releasing handle whose lease has ended by `now` as `expired`; says how
  /// many.
  ///
  /// Meant for a slow timer. Costs nothing while nothing is held or releasing.
  public mutating func expireUnattended(now: Instant) -> Int {
    withdrawUnattended(as: .expired) { slot in
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
    return withdrawUnattended(as: .spent) { slot in
      slot.pointee.prefillWorker == worker && slot.pointee.engine != engine
    }
  }

  /// `worker` is gone for good: what is held of it is settled `spent`; says how many.
  @discardableResult
  public mutating func workerDidLeave(_ worker: WorkerID) -> Int {
    withdrawUnattended(as: .spent) { slot in slot.pointee.prefillWorker == worker }
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

  /// The prefill worker that makes or made it. Precondition: the name is not stale.
  public func prefillWorker(of id: KVHandleID) -> WorkerID {
    slots.slot(id).pointee.prefillWorker
  }

  /// The decode worker that it is at, once dispatched. Precondition: the name is not stale.
  public func decodeWorker(of id: KVHandleID) -> WorkerID? {
    slots.slot(id).pointee.machine.decodeWorker
  }

  /// When its lease ends, while no engine attends to it. Precondition: the name is not stale.
  public func deadline(of id: KVHandleID) -> Instant? {
    slots.slot(id).pointee.machine.deadline
  }

  /// How long its parameters have been there; nil before that. Precondition: the name is not stale.
  public func age(of id: KVHandleID, now: Instant) -> Duration? {
    slots.slot(id).pointee.heldAt.map { now - $0 }
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
          deadline: slot.pointee.machine.deadline.flatMap { $0 == .distantFuture ? nil : $0 },
          parameterByteCount: slot.pointee.parameters.count))
    }
  }

  // MARK: Book-keeping

  private mutating func withdrawUnattended(
    as settlement: KVSettlement, where isLost: (UnsafeMutablePointer<KVSlot>) -> Bool
  ) -> Int {
    guard unattendedNow > 0 else { return 0 }
    var lost = 0
    for place in 0..<slots.extent {
      guard let (_, slot) = slots.occupied(place) else { continue }
      let isUnattended = KVLedger.isUnattended(slot.pointee.machine.stage)
      guard isUnattended, slot.pointee.machine.isPinning, isLost(slot) else { continue }
      slot.pointee.machine.withdraw(as: settlement)
      unpin(slot.pointee.prefillWorker, as: settlement)
      lost += 1
    }
    unattendedNow -= lost
    precondition(unattendedNow >= 0)
    return lost
  }

  private static func isUnattended(_ stage: KVHandleStage) -> Bool {
    stage == .held || stage == .releasing
  }

  private mutating func pin(
    _ id: KVHandleID, _ engine: KVEngineIdentity?, _ now: Instant,
    _ write: (inout ByteBuffer) -> Void
  ) {
    let slot = slots.slot(id)
    write(&slot.pointee.parameters)
    precondition(!slot.pointee.parameters.isEmpty, "a handle without parameters is holdNothing")
    slot.pointee.engine = engine
    slot.pointee.heldAt = now
    tallies[Int(slot.pointee.prefillWorker.number)].pinning += 1
    unattendedNow += 1
    counts.held += 1
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
