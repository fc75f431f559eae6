import KVTransfer
import Testing

@testable import PDRouter

/// Some pairs that no driver may bring.
private let forbidden: [(MachineState, MachineEvent)] = [
  (.choosing, .prefillAnswered), (.choosing, .servingEnded), (.prefilling, .chosePair),
  (.servingHandle, .refused), (.servingNone, .answerBegan), (.attachedHandle, .head200),
  (.attachedNone, .servingEnded), (.answering, .prefillFailed), (.answering, .choseOne),
  (.over, .failedBroken), (.over, .answerBegan), (.choosingDecode, .chosePair),
  (.servingHandle, .prefillAnswered), (.attachedHandle, .prefillFailed),
  (.servingHandle, .legsLeaveTogether), (.answering, .prefillAnswered), (.over, .prefillAnswered),
  (.choosingDecodeTogether, .prefillAnswered), (.unwindingAlone, .answerBegan),
  (.pausing, .choseOne), (.pausing, .foundNobody), (.choosing, .resumed), (.servingNone, .paused),
  (.unwindingWaiting, .servingTimedOut), (.unwindingWaiting, .choseDecode),
  (.servingTogether, .lingered), (.servingTogether, .refused),
]

struct RequestStateMachineTests {
  private func expectAction(of row: MachineRow, attempts: Int) {
    let handle = makeHandle()
    var machine = row.state.machine(attempts: attempts, handle: handle)
    let action = row.event.apply(to: &machine, handle: handle)
    #expect(action.handle == row.handleStep(handle))
    #expect(action.step == row.step)
    // What is no longer out cannot be cancelled, and asking for it does nothing.
    let cancelled = MachineLegs(action.cancels).intersection(row.legsLeft)
    #expect(cancelled == row.cancels)
    if row.isLast || row.step == .choose {
      #expect(row.legsLeft.subtracting(cancelled) == [], "no leg outlives its attempt")
    }
    let (isOver, isUnwinding) = (machine.isOver, machine.isUnwinding)
    let canBeReplaced = machine.canBeReplaced
    #expect(isOver == row.isLast)
    #expect(isUnwinding == row.unwinds)
    #expect(canBeReplaced == row.staysReplaceable)
  }

  @Test(arguments: MachineRows.withAttempts)
  func `an event in a state gives its action while attempts are left`(row: MachineRow) {
    expectAction(of: row, attempts: 1)
  }

  @Test(arguments: MachineRows.withoutAttempts)
  func `an event in a state gives its last action when no attempt is left`(row: MachineRow) {
    expectAction(of: row, attempts: 0)
  }

  @Test func `what the second table leaves out does not depend on attempts`() {
    for row in MachineRows.withAttempts where ![.choosing, .pausing].contains(row.state) {
      let isElsewhere = MachineRows.withoutAttempts.contains {
        $0.state == row.state && $0.event == row.event
      }
      if !isElsewhere { expectAction(of: row, attempts: 0) }
    }
  }

  @Test func `the table has one row for every pair that a driver may bring, and no other`() {
    for state in MachineState.allCases {
      for event in MachineEvent.allCases {
        let count = MachineRows.withAttempts.count { $0.state == state && $0.event == event }
        #expect(count == (event.isAllowed(in: state) ? 1 : 0), "\(state) × \(event)")
      }
    }
  }

  @Test(arguments: forbidden)
  func `an event that a state cannot have stops the program`(
    state: MachineState, event: MachineEvent
  ) async {
    #expect(!event.isAllowed(in: state))
    await #expect(processExitsWith: .failure) { [state, event] in
      let handle = makeHandle()
      var machine = state.machine(attempts: 1, handle: handle)
      _ = event.apply(to: &machine, handle: handle)
    }
  }

  @Test func `when nobody is left the last failure is told, not the lack of workers`() {
    let handle = makeHandle()
    var machine = RequestStateMachine(attempts: 3)
    _ = machine.chosePair(handle: handle)
    _ = machine.prefillFailed(.earlier)
    let action = machine.foundNobody(.example)
    #expect(action == RequestAction(step: .fail(.earlier)))
  }

  @Test func `an engine's word on when to come again outlives later failures without one`() {
    var busy = RouterError.earlier
    busy.retryAfterSeconds = 7
    var busier = RouterError.example
    busier.retryAfterSeconds = 9
    for (last, told) in [(RouterError.example, busy), (busier, busier)] {
      var machine = RequestStateMachine(attempts: 2)
      _ = machine.choseOne()
      _ = machine.servingHeadArrived(status: 503, rejection: busy)
      _ = machine.choseOne()
      let action = machine.servingFailed(last, isFree: false)
      #expect(action.step == .fail(told))
    }
  }

  @Test func `a machine that chose once of once allowed fails at the first failure`() {
    var machine = RequestStateMachine(attempts: 1)
    _ = machine.choseOne()
    let action = machine.servingFailed(.example, isFree: true)
    #expect(action.handle == .none && action.step == .fail(.example))
  }

  @Test func `what may not be done twice is not, however many attempts are left`() {
    var machine = RequestStateMachine(attempts: 9)
    _ = machine.choseOne()
    let action = machine.servingFailed(.example, isFree: false, isRepeatable: false)
    #expect(action.handle == .none && action.step == .fail(.example))
  }

  @Test func `what a decode engine was lost with is given back through another`() {
    let handle = makeHandle()
    var machine = MachineState.unwindingLingering.machine(attempts: 1, handle: handle)
    _ = machine.servingFailed(.example, isFree: false)
    let action = machine.lingered()
    #expect(action.handle == .release(handle, .decodeLost) && action.step == .end)
  }

  @Test(arguments: [MachineState.unwindingWaiting, .unwindingLingering])
  func `what decode refused without a word is given back through another once it is there`(
    state: MachineState
  ) {
    let handle = makeHandle()
    var machine = state.machine(attempts: 1, handle: handle)
    let wait = machine.servingRefused(refusalReleases: false)
    let action = state == .unwindingWaiting ? machine.prefillAnswered() : machine.lingered()
    #expect(wait == RequestAction(step: .wait))
    #expect(action.handle == .release(handle, .clientGone) && action.step == .end)
  }

  @Test func `a client can leave only once`() {
    for state in MachineState.allCases where state.isUnwinding {
      var machine = state.machine(attempts: 1)
      let action = machine.clientLeft()
      #expect(action == RequestAction(step: .wait), "\(state)")
    }
  }
}
