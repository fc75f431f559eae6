import KVTransfer
import Vocabulary

@testable import PDRouter

/// A driver without I/O: runs a machine's actions on a real ledger, and answers with events that a
/// world of engines, clients and time may bring, drawn from a seed.
///
/// Keeps the book of what must hold; the ledger itself stops the program at a handle that is ended
/// twice or dispatched when it may not be.
struct MachineWalk: ~Copyable {
  /// A leg as the world sees it.
  private struct WalkLeg {
    var isOut = false
    /// Written, so that its engine may know of it.
    var wasSent = false
    var hasHead = false
  }

  private(set) var machine: RequestStateMachine
  private(set) var ledger = KVLedger(lease: .seconds(30), margin: .seconds(3))
  private(set) var choices = 0
  private(set) var endings = 0
  /// The rules that were broken.
  private(set) var faults: [String] = []
  /// How often the walk came through each rare place.
  private(set) var unwindings = 0
  private(set) var givenBack = 0

  private var generator: SplitMix64
  private var now = at(0)
  private var handle: KVHandleID?
  private var prefill = WalkLeg()
  private var serving = WalkLeg()
  private var goesTogether = false
  private var hasClient = true
  private var answerBegan = false
  private var isLingering = false
  private var isPausing = false
  /// Whether a byte of the handle reached a decode engine.
  private var wasDelivered = false
  /// Handles that the release desk owns, and how often each handle was ended or given away.
  private var desk: [KVHandleID] = []
  private var endsOfHandles: [KVHandleID: Int] = [:]
  private let abortsWhileWaiting: Bool
  private let isShort: Bool
  /// Whether handles have names before prefill answers.
  private let isNamed: Bool

  init(seed: UInt64, attempts: Int) {
    machine = RequestStateMachine(attempts: attempts)
    generator = SplitMix64(seed: seed)
    abortsWhileWaiting = seed & 1 == 0
    isShort = seed & 2 == 0
    isNamed = seed & 4 == 0
  }

  /// Walks until the request has ended, then lets the desk do its work.
  mutating func run() {
    perform(RequestAction(step: .choose))
    var events = 0
    while endings == 0, events < 500 {
      events += 1
      bringEvent()
      checkEquations()
    }
    for id in desk { settleAtDesk(id) }
    checkEquations()
    if ledger.live > 0 { faults.append("a handle is left") }
    for (id, count) in endsOfHandles where count != 1 { faults.append("\(id) ended \(count)×") }
    if endsOfHandles.count != ledger.counts.begun { faults.append("a handle never ended") }
  }

  private mutating func draw(_ count: Int) -> Int { Int(generator.next() % UInt64(count)) }

  private mutating func checkEquations() {
    let counts = ledger.counts
    var (prefilling, pinning) = (0, 0)
    ledger.forEachLive { listing in
      if listing.stage == .prefilling { prefilling += 1 }
      if listing.isEmpty || listing.stage == .withdrawn || listing.stage == .prefilling { return }
      pinning += 1
    }
    if counts.begun != counts.abandoned + counts.held + counts.empty + prefilling {
      faults.append("begun: \(counts)")
    }
    if counts.held != counts.settled + pinning { faults.append("held: \(counts)") }
  }
}

// MARK: - Actions

extension MachineWalk {
  private mutating func perform(_ first: RequestAction) {
    var next: RequestAction? = first
    while let action = next {
      cancel(MachineLegs(action.cancels))
      settle(action.handle)
      next = take(action.step)
    }
  }

  private mutating func cancel(_ legs: MachineLegs) {
    if legs.contains(.prefill) { prefill = WalkLeg() }
    if legs.contains(.serving) { serving = WalkLeg() }
  }

  private mutating func settle(_ step: RequestAction.HandleStep) {
    switch step {
    case .none: break
    case .abandon(let id):
      ledger.abandonPrefill(id)
      end(id)
    case .takeBack(let id):
      if wasDelivered { faults.append("\(id) was taken back from an engine that has it") }
      ledger.takeBack(id)
    case .attach(let id): ledger.attach(id)
    case .recall(let id, _):
      if !isNamed { faults.append("\(id) has no name") }
      if ledger.stage(of: id) == .prefilling { holdAhead(id) }
      giveToDesk(id)
    case .release(let id, _), .makeSure(let id, _):
      if case .makeSure = step, !wasDelivered { faults.append("\(id): no engine to make sure of") }
      giveToDesk(id)
    case .settle(let id, let settlement):
      if settlement == .consumed, !wasDelivered { faults.append("\(id) consumed by nobody") }
      ledger.settle(id, as: settlement, now: now)
      end(id)
    }
  }

  private mutating func giveToDesk(_ id: KVHandleID) {
    end(id)
    guard !ledger.isEmpty(id) else { return ledger.settle(id, as: .spent, now: now) }
    givenBack += 1
    if ledger.beginRelease(id, now: now) { desk.append(id) }
  }

  private mutating func settleAtDesk(_ id: KVHandleID) {
    let outcomes: [KVSettlement] = [
      .released(.clientGone, by: .rejectedRequest), .expired, .spent,
    ]
    ledger.settle(id, as: outcomes[draw(3)], now: now)
  }

  private mutating func end(_ id: KVHandleID) {
    endsOfHandles[id, default: 0] += 1
    if handle != id { faults.append("\(id) is not the request's") }
    handle = nil
  }

  /// Does a step; the next action when it does not wait for an event.
  private mutating func take(_ step: RequestAction.Step) -> RequestAction? {
    switch step {
    case .wait, .relay: return nil
    case .choose: return choose()
    case .chooseDecode: return chooseDecode()
    case .startPrefill:
      if draw(16) == 0 { return machine.refused(.example) }
      prefill.isOut = true
      return startTogether()
    case .startServing:
      if serving.isOut { faults.append("two serving legs") }
      serving = WalkLeg(isOut: true)
      return nil
    case .leaveClient:
      unwindings += 1
      hasClient = false
      if handle == nil { faults.append("unwinding for nothing") }
    case .linger: isLingering = true
    case .fail, .relayRejection: finish(isOrderly: hasClient && !answerBegan)
    case .breakOff, .finish: finish(isOrderly: hasClient)
    case .forget: finish(isOrderly: true)
    case .end: finish(isOrderly: !hasClient)
    }
    return nil
  }

  private mutating func finish(isOrderly: Bool) {
    endings += 1
    if !isOrderly { faults.append("an end that does not fit") }
    if prefill.isOut || serving.isOut { faults.append("a leg outlives its request") }
    if handle != nil { faults.append("a request ends with its handle") }
  }

  private mutating func choose() -> RequestAction {
    if answerBegan || !hasClient { faults.append("a late choice") }
    if prefill.isOut || serving.isOut { faults.append("a leg outlives its attempt") }
    if handle != nil { faults.append("a choice with a handle") }
    (prefill, serving, wasDelivered) = (WalkLeg(), WalkLeg(), false)
    if draw(6) == 0 {
      isPausing = true
      return machine.paused()
    }
    switch draw(8) {
    case 0: return machine.foundNobody(.example)
    case 1:
      choices += 1
      return machine.choseOne()
    default:
      choices += 1
      goesTogether = draw(2) == 0
      let id = ledger.beginPrefill(on: WorkerID(number: UInt32(draw(2))), now: now)
      handle = id
      return machine.chosePair(handle: id)
    }
  }

  private mutating func chooseDecode() -> RequestAction {
    if answerBegan || !hasClient { faults.append("a late choice") }
    guard draw(5) > 0 else { return machine.foundNobody(.example) }
    choices += 1
    if draw(6) == 0 { now = now + .seconds(28) }
    return dispatch() ? machine.choseDecode() : machine.handleWasLost()
  }

  private mutating func startTogether() -> RequestAction? {
    guard goesTogether, let handle else { return nil }
    holdAhead(handle)
    if !dispatch() { faults.append("\(handle): a lease over before it began") }
    return machine.legsLeaveTogether()
  }

  private mutating func holdAhead(_ id: KVHandleID) {
    withBytes(of: "{}") { bytes in
      ledger.holdAhead(id, engine: nil, now: now) { $0.append(bytes) }
    }
  }

  private mutating func dispatch() -> Bool {
    guard let handle else { preconditionFailure("a pair has a handle") }
    if wasDelivered { faults.append("\(handle) is dispatched after it was delivered") }
    if ledger.dispatch(handle, to: WorkerID(number: 2), now: now) == .go { return true }
    end(handle)
    return false
  }
}

// MARK: - Events

extension MachineWalk {
  /// Brings one event, of those that can happen now.
  private mutating func bringEvent() {
    now = now + .milliseconds(Int64(draw(3000)))
    switch draw(12) {
    case 0: _ = ledger.expireUnattended(now: now)
    case 1:
      let engine = withBytes(of: "e\(draw(3))") { KVEngineIdentity(engineID: $0) }
      ledger.noteIncarnation(of: WorkerID(number: UInt32(draw(2))), engine: engine)
    case 2: if draw(2) == 0, !desk.isEmpty { settleAtDesk(desk.removeFirst()) }
    case 3: if draw(2) == 0 { endFromOutside() }
    case 4:
      if isLingering { perform(machine.lingered()) }
      if isPausing, endings == 0 { endPause() }
    case 5...7: if prefill.isOut { movePrefill() }
    default: if serving.isOut { moveServing() }
    }
  }

  private var legs: RequestStateMachine.Legs {
    RequestStateMachine.Legs(
      prefillWasSent: prefill.wasSent, servingWasSent: serving.wasSent, prefillIsShort: isShort,
      leavesHandle: isNamed && prefill.wasSent, decodeAbortsWhileWaiting: abortsWhileWaiting)
  }

  private mutating func endPause() {
    isPausing = false
    perform(draw(8) == 0 ? machine.waitedInVain(.example) : machine.resumed())
  }

  private mutating func endFromOutside() {
    switch draw(4) {
    case 0: perform(machine.deadlinePassed(.example, legs))
    case 1: perform(machine.routerStops(legs))
    default:
      guard hasClient else { return }
      let action = machine.clientLeft(legs)
      hasClient = false
      perform(action)
    }
  }

  private mutating func movePrefill() {
    guard prefill.wasSent else {
      if draw(8) > 0 { return prefill.wasSent = true }
      prefill = WalkLeg()
      return perform(machine.prefillFailed(.example))
    }
    let outcome = draw(8)
    prefill = WalkLeg()
    switch outcome {
    case 0: perform(machine.prefillRejected())
    case 1: perform(machine.prefillFailed(.example, leavesHandle: isNamed))
    case 2: perform(machine.prefillFailed(.example, hasAnswer: true))
    default: perform(answerPrefill(isEmpty: outcome == 3))
    }
  }

  private mutating func answerPrefill(isEmpty: Bool) -> RequestAction {
    guard let handle else { return machine.prefillAnswered() }
    let engine = withBytes(of: "e0") { KVEngineIdentity(engineID: $0) }
    if ledger.stage(of: handle) != .prefilling {
      ledger.noteAnswer(handle, engine: engine, now: now)
    } else if isEmpty {
      ledger.holdNothing(handle)
    } else {
      withBytes(of: "{}") { bytes in
        ledger.hold(handle, engine: engine, now: now) { $0.append(bytes) }
      }
    }
    guard hasClient, ledger.stage(of: handle) == .held else { return machine.prefillAnswered() }
    return dispatch() ? machine.prefillAnswered() : machine.handleWasLost()
  }

  private mutating func moveServing() {
    guard serving.wasSent else {
      if draw(4) == 0 {
        serving = WalkLeg()
        return perform(machine.servingFailed(.example, isFree: true))
      }
      serving.wasSent = true
      if handle != nil { wasDelivered = true }
      return
    }
    guard hasClient else { return moveServingAlone() }
    if !serving.hasHead {
      bringHead()
    } else {
      bringBody()
    }
  }

  private mutating func moveServingAlone() {
    guard draw(3) == 0 else { return }
    serving = WalkLeg()
    switch draw(4) {
    case 0: perform(machine.servingEnded())
    case 1: perform(machine.servingRefused(refusalReleases: true))
    case 2: perform(machine.servingRefused(refusalReleases: false))
    default: perform(machine.servingFailed(.example, isFree: false))
    }
  }

  private mutating func bringHead() {
    let statuses = [200, 200, 200, 404, 500, 503]
    let drawn = draw(8)
    if drawn == 7 { return failServing() }
    if drawn == 6 { return }
    serving.hasHead = true
    perform(machine.servingHeadArrived(status: statuses[drawn], rejection: .example))
  }

  private mutating func bringBody() {
    switch draw(7) {
    case 0: failServing()
    case 6: perform(machine.servingTimedOut(.example, isRepeatable: draw(4) > 0, legs))
    case 2 where answerBegan:
      serving = WalkLeg()
      perform(machine.servingEnded())
    default:
      answerBegan = true
      perform(machine.answerBegan())
    }
  }

  private mutating func failServing() {
    let isRepeatable = handle != nil || draw(2) == 0
    serving = WalkLeg()
    perform(machine.servingFailed(.example, isFree: false, isRepeatable: isRepeatable))
  }
}
