import KVTransfer

@testable import PDRouter

/// The events of a `RequestStateMachine`, as values.
enum MachineEvent: String, CaseIterable, Codable {
  case refused, chosePair, choseOne, choseDecode, foundNobody
  case prefillAnswered, handleWasLost, prefillRejected, prefillFailed
  case head200, head302, head404, head503, answerBegan
  case failedFree, failedDelivered, failedUnrepeatable, servingEnded
  case clientLeft, deadlinePassed

  /// Gives the event to `machine`.
  func apply(
    to machine: inout RequestStateMachine, handle: KVHandleID, error: RouterError = .example
  ) -> RequestAction {
    switch self {
    case .refused: machine.refused(error)
    case .chosePair: machine.chosePair(handle: handle)
    case .choseOne: machine.choseOne()
    case .choseDecode: machine.choseDecode()
    case .foundNobody: machine.foundNobody(error)
    case .prefillAnswered: machine.prefillAnswered()
    case .handleWasLost: machine.handleWasLost()
    case .prefillRejected: machine.prefillRejected()
    case .prefillFailed: machine.prefillFailed(error)
    case .head200: machine.servingHeadArrived(status: 200, rejection: error)
    case .head302: machine.servingHeadArrived(status: 302, rejection: error)
    case .head404: machine.servingHeadArrived(status: 404, rejection: error)
    case .head503: machine.servingHeadArrived(status: 503, rejection: error)
    case .answerBegan: machine.answerBegan()
    case .failedFree: machine.servingFailed(error, isFree: true, isRepeatable: true)
    case .failedDelivered: machine.servingFailed(error, isFree: false, isRepeatable: true)
    case .failedUnrepeatable: machine.servingFailed(error, isFree: false, isRepeatable: false)
    case .servingEnded: machine.servingEnded()
    case .clientLeft: machine.clientLeft()
    case .deadlinePassed: machine.deadlinePassed(error)
    }
  }

  /// Whether a driver may bring this event in `state`; every other pair is a fault of ours.
  func isAllowed(in state: MachineState) -> Bool {
    switch self {
    case .refused: [.choosing, .prefilling].contains(state)
    case .chosePair, .choseOne: state == .choosing
    case .choseDecode: state == .choosingDecode
    case .foundNobody: [.choosing, .choosingDecode].contains(state)
    case .handleWasLost: [.prefilling, .choosingDecode].contains(state)
    case .prefillAnswered, .prefillRejected, .prefillFailed: state == .prefilling
    case .head200, .head302, .head404, .head503: [.servingHandle, .servingNone].contains(state)
    case .answerBegan: [.attachedHandle, .attachedNone, .answering].contains(state)
    case .failedFree, .failedDelivered, .failedUnrepeatable:
      [.servingHandle, .servingNone, .attachedHandle, .attachedNone, .answering].contains(state)
    case .servingEnded: state == .answering
    case .clientLeft, .deadlinePassed: true
    }
  }
}
