import KVTransfer
import Testing

@testable import PDRouter

/// What an action does to the handle, without its name.
private enum Handle {
  case none, abandon, takeBack, giveUp, attach
  case settle(KVSettlement)

  func step(_ id: KVHandleID) -> RequestAction.HandleStep {
    switch self {
    case .none: .none
    case .abandon: .abandon(id)
    case .takeBack: .takeBack(id)
    case .giveUp: .giveUp(id)
    case .attach: .attach(id)
    case .settle(let settlement): .settle(id, settlement)
    }
  }
}

/// One row: a state, an event, and the action that must come of it.
private struct Row: CustomTestStringConvertible {
  let state: MachineState
  let event: MachineEvent
  let handle: Handle
  let cancels: Bool
  let step: RequestAction.Step

  init(
    _ state: MachineState, _ event: MachineEvent, _ handle: Handle, cancels: Bool = false,
    _ step: RequestAction.Step
  ) {
    (self.state, self.event, self.handle, self.cancels) = (state, event, handle, cancels)
    self.step = step
  }

  var testDescription: String { "\(state) × \(event)" }
}

/// Every allowed pair of state and event while attempts are left.
private let rowsWithAttempts: [Row] = [
  Row(.choosing, .refused, .none, .fail(.example)),
  Row(.choosing, .chosePair, .none, .startPrefill),
  Row(.choosing, .choseOne, .none, .startServing),
  Row(.choosing, .foundNobody, .none, .fail(.example)),
  Row(.choosing, .clientLeft, .none, cancels: true, .forget),
  Row(.choosing, .deadlinePassed, .none, cancels: true, .fail(.example)),

  Row(.choosingDecode, .choseDecode, .none, .startServing),
  Row(.choosingDecode, .foundNobody, .settle(.expired), .fail(.example)),
  Row(.choosingDecode, .handleWasLost, .none, .choose),

  Row(.prefilling, .refused, .abandon, .fail(.example)),
  Row(.prefilling, .prefillAnswered, .none, .startServing),
  Row(.prefilling, .handleWasLost, .none, .choose),
  Row(.prefilling, .prefillRejected, .abandon, .relayRejection),
  Row(.prefilling, .prefillFailed, .abandon, .choose),
  Row(.prefilling, .clientLeft, .abandon, cancels: true, .forget),
  Row(.prefilling, .deadlinePassed, .abandon, cancels: true, .fail(.example)),

  Row(.servingHandle, .head200, .attach, .relay),
  Row(.servingHandle, .head302, .attach, .relay),
  Row(.servingHandle, .head404, .settle(.released(.decodeRejected, by: .decodeRejection)), .relay),
  Row(.servingHandle, .head503, .settle(.spent), cancels: true, .choose),
  Row(.servingHandle, .failedFree, .takeBack, .chooseDecode),
  Row(.servingHandle, .failedDelivered, .settle(.spent), .choose),
  Row(.servingHandle, .failedUnrepeatable, .settle(.spent), .fail(.example)),
  Row(
    .servingHandle, .clientLeft, .settle(.released(.clientGone, by: .decodeAbort)), cancels: true,
    .forget),
  Row(
    .servingHandle, .deadlinePassed, .settle(.released(.requestTimedOut, by: .decodeAbort)),
    cancels: true,
    .fail(.example)),

  Row(.servingNone, .head200, .none, .relay),
  Row(.servingNone, .head302, .none, .relay),
  Row(.servingNone, .head404, .none, .relay),
  Row(.servingNone, .head503, .none, .relay),
  Row(.servingNone, .failedFree, .none, .choose),
  Row(.servingNone, .failedDelivered, .none, .choose),
  Row(.servingNone, .failedUnrepeatable, .none, .fail(.example)),
  Row(.servingNone, .clientLeft, .none, cancels: true, .forget),
  Row(.servingNone, .deadlinePassed, .none, cancels: true, .fail(.example)),

  Row(.attachedHandle, .answerBegan, .settle(.consumed), .wait),
  Row(.attachedHandle, .failedDelivered, .settle(.spent), .choose),
  Row(.attachedHandle, .failedUnrepeatable, .settle(.spent), .fail(.example)),
  Row(
    .attachedHandle, .clientLeft, .settle(.released(.clientGone, by: .decodeAbort)), cancels: true,
    .forget),
  Row(
    .attachedHandle, .deadlinePassed, .settle(.released(.requestTimedOut, by: .decodeAbort)),
    cancels: true,
    .fail(.example)),

  Row(.attachedNone, .answerBegan, .none, .wait),
  Row(.attachedNone, .failedDelivered, .none, .choose),
  Row(.attachedNone, .failedUnrepeatable, .none, .fail(.example)),
  Row(.attachedNone, .clientLeft, .none, cancels: true, .forget),
  Row(.attachedNone, .deadlinePassed, .none, cancels: true, .fail(.example)),

  Row(.answering, .answerBegan, .none, .wait),
  Row(.answering, .failedFree, .none, .breakOff(.example)),
  Row(.answering, .failedDelivered, .none, .breakOff(.example)),
  Row(.answering, .failedUnrepeatable, .none, .breakOff(.example)),
  Row(.answering, .servingEnded, .none, .finish),
  Row(.answering, .clientLeft, .none, cancels: true, .forget),
  Row(.answering, .deadlinePassed, .none, cancels: true, .breakOff(.example)),
]

/// The pairs that end otherwise when no attempt is left.
private let rowsWithoutAttempts: [Row] = [
  Row(.choosingDecode, .choseDecode, .none, .startServing),
  Row(.choosingDecode, .handleWasLost, .none, .fail(.lost)),
  Row(.prefilling, .handleWasLost, .none, .fail(.lost)),
  Row(.prefilling, .prefillFailed, .abandon, .fail(.example)),
  Row(.servingHandle, .head503, .settle(.spent), .relay),
  Row(.servingHandle, .failedFree, .giveUp, .fail(.example)),
  Row(.servingHandle, .failedDelivered, .settle(.spent), .fail(.example)),
  Row(.servingNone, .failedFree, .none, .fail(.example)),
  Row(.servingNone, .failedDelivered, .none, .fail(.example)),
  Row(.attachedHandle, .failedDelivered, .settle(.spent), .fail(.example)),
  Row(.attachedNone, .failedDelivered, .none, .fail(.example)),
]

/// Some pairs that no driver may bring.
private let forbidden: [(MachineState, MachineEvent)] = [
  (.choosing, .prefillAnswered), (.choosing, .servingEnded), (.prefilling, .chosePair),
  (.servingHandle, .refused), (.servingNone, .answerBegan), (.attachedHandle, .head200),
  (.attachedNone, .servingEnded), (.answering, .prefillFailed), (.answering, .choseOne),
  (.over, .failedDelivered), (.over, .answerBegan), (.choosingDecode, .chosePair),
]

struct RequestStateMachineTests {
  private func expectAction(of row: Row, attempts: Int) {
    let handle = makeHandle()
    var machine = row.state.machine(attempts: attempts, handle: handle)
    let action = row.event.apply(to: &machine, handle: handle)
    #expect(
      action
        == RequestAction(
          handle: row.handle.step(handle), cancelsLeg: row.cancels, step: row.step))
    let isLast =
      switch row.step {
      case .fail, .breakOff, .finish, .forget, .relayRejection: true
      default: false
      }
    let isOver = machine.isOver
    #expect(isOver == isLast)
  }

  @Test(arguments: rowsWithAttempts)
  private func `an event in a state gives its action while attempts are left`(row: Row) {
    expectAction(of: row, attempts: 1)
  }

  @Test(arguments: rowsWithoutAttempts)
  private func `an event in a state gives its last action when no attempt is left`(row: Row) {
    expectAction(of: row, attempts: 0)
  }

  @Test func `the table has a row for every pair that a driver may bring`() {
    let exempt: [(MachineState, MachineEvent)] = [
      // The handle is placed or lost in the same turn: nothing from outside comes in between.
      (.choosingDecode, .clientLeft), (.choosingDecode, .deadlinePassed),
      // A head proves that bytes were delivered.
      (.attachedHandle, .failedFree), (.attachedNone, .failedFree),
      // An ended request has no timer and no observer left.
      (.over, .clientLeft), (.over, .deadlinePassed),
    ]
    for state in MachineState.allCases {
      for event in MachineEvent.allCases where event.isAllowed(in: state) {
        if exempt.contains(where: { $0 == (state, event) }) { continue }
        let hasRow = rowsWithAttempts.contains { $0.state == state && $0.event == event }
        #expect(hasRow, "\(state) × \(event)")
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

  @Test func `a machine that chose once of once allowed fails at the first failure`() {
    var machine = RequestStateMachine(attempts: 1)
    _ = machine.choseOne()
    let action = machine.servingFailed(.example, isFree: true, isRepeatable: true)
    #expect(action == RequestAction(step: .fail(.example)))
  }

  @Test func `a request can be replaced until its answer has begun`() {
    for state in MachineState.allCases {
      let machine = state.machine(attempts: 1)
      let canBeReplaced = machine.canBeReplaced
      #expect(canBeReplaced == (state != .answering && state != .over), "\(state)")
    }
  }
}
