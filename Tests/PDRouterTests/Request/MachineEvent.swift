import KVTransfer

@testable import PDRouter

/// The events of a `RequestStateMachine`, as values.
///
/// Where a client leaves or the time is over, the name says how the legs differ from two that were
/// written, of a long prompt, to a decode engine that gives up when its leg is closed.
enum MachineEvent: String, CaseIterable, Codable {
  case refused, chosePair, choseOne, choseDecode, foundNobody
  case paused, resumed, waitedInVain
  case legsLeaveTogether, prefillAnswered, handleWasLost, prefillRejected
  case prefillFailed, prefillFailedWithAnswer, prefillFailedLast
  /// The same where prefill may have made a handle that has a name all the same.
  case prefillFailedNamed
  case head200, head302, head404, head429, head500, head501, head503, head503Unrepeatable
  case answerBegan
  /// The same of a decode engine whose refusal frees nothing.
  case head404Mute, head503Mute
  case failedUndelivered, failedBroken, failedUnrepeatable, servingEnded
  case servingTimedOut, servingTimedOutUnrepeatable
  /// Decode refuses what its client has left, and tells prefill or does not.
  case refusedLate, refusedLateMute
  case clientLeft, clientLeftShort, clientLeftShortUnsent, clientLeftServingUnsent
  case clientLeftServingUnsentShort, clientLeftStubbornDecode
  case clientLeftNamed, clientLeftServingUnsentNamed
  case deadlinePassed, deadlinePassedServingUnsent, deadlinePassedNamed, routerStops, lingered

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
    case .paused: machine.paused()
    case .resumed: machine.resumed()
    case .waitedInVain: machine.waitedInVain(error)
    case .legsLeaveTogether: machine.legsLeaveTogether()
    case .prefillAnswered: machine.prefillAnswered()
    case .handleWasLost: machine.handleWasLost()
    case .prefillRejected: machine.prefillRejected()
    case .prefillFailed: machine.prefillFailed(error)
    case .prefillFailedWithAnswer: machine.prefillFailed(error, hasAnswer: true)
    case .prefillFailedLast: machine.prefillFailed(error, hasAnswer: true, isLast: true)
    case .prefillFailedNamed: machine.prefillFailed(error, leavesHandle: true)
    case .head200: machine.servingHeadArrived(status: 200, rejection: error)
    case .head302: machine.servingHeadArrived(status: 302, rejection: error)
    case .head404: machine.servingHeadArrived(status: 404, rejection: error)
    case .head429: machine.servingHeadArrived(status: 429, rejection: error)
    case .head501: machine.servingHeadArrived(status: 501, rejection: error)
    case .head500: machine.servingHeadArrived(status: 500, rejection: error)
    case .head503: machine.servingHeadArrived(status: 503, rejection: error)
    case .head503Unrepeatable:
      machine.servingHeadArrived(status: 503, isRepeatable: false, rejection: error)
    case .head404Mute:
      machine.servingHeadArrived(status: 404, refusalReleases: false, rejection: error)
    case .head503Mute:
      machine.servingHeadArrived(status: 503, refusalReleases: false, rejection: error)
    case .answerBegan: machine.answerBegan()
    case .failedUndelivered: machine.servingFailed(error, isFree: true)
    case .failedBroken: machine.servingFailed(error, isFree: false)
    case .failedUnrepeatable: machine.servingFailed(error, isFree: false, isRepeatable: false)
    case .servingEnded: machine.servingEnded()
    case .servingTimedOut: machine.servingTimedOut(error)
    case .servingTimedOutUnrepeatable: machine.servingTimedOut(error, isRepeatable: false)
    case .refusedLate: machine.servingRefused(refusalReleases: true)
    case .refusedLateMute: machine.servingRefused(refusalReleases: false)
    case .clientLeft, .clientLeftShort, .clientLeftShortUnsent, .clientLeftServingUnsent,
      .clientLeftServingUnsentShort, .clientLeftStubbornDecode, .clientLeftNamed,
      .clientLeftServingUnsentNamed:
      machine.clientLeft(legs)
    case .deadlinePassed, .deadlinePassedServingUnsent, .deadlinePassedNamed:
      machine.deadlinePassed(error, legs)
    case .routerStops: machine.routerStops(legs)
    case .lingered: machine.lingered()
    }
  }

  /// What the driver says of the legs with this event.
  private var legs: RequestStateMachine.Legs {
    var legs = RequestStateMachine.Legs()
    switch self {
    case .clientLeftShort: legs.prefillIsShort = true
    case .clientLeftShortUnsent:
      legs.prefillIsShort = true
      legs.prefillWasSent = false
    case .clientLeftServingUnsentShort:
      legs.prefillIsShort = true
      legs.servingWasSent = false
    case .clientLeftServingUnsent, .deadlinePassedServingUnsent: legs.servingWasSent = false
    case .clientLeftStubbornDecode: legs.decodeAbortsWhileWaiting = false
    case .clientLeftNamed, .deadlinePassedNamed: legs.leavesHandle = true
    case .clientLeftServingUnsentNamed:
      legs.leavesHandle = true
      legs.servingWasSent = false
    default: break
    }
    return legs
  }

  /// Whether a driver may bring this event in `state`; every other pair is a fault of ours.
  ///
  /// In *choosingDecode* the handle is placed or lost in the same turn: nothing comes from outside.
  func isAllowed(in state: MachineState) -> Bool {
    switch self {
    case .refused: [.choosing, .prefilling].contains(state)
    case .chosePair, .choseOne: state == .choosing
    case .choseDecode: state.choosesDecode
    case .foundNobody: state == .choosing || state.choosesDecode
    case .paused: state == .choosing
    case .resumed, .waitedInVain: state == .pausing
    case .handleWasLost: state == .prefilling || state.choosesDecode
    case .legsLeaveTogether: state == .prefilling
    case .prefillAnswered, .prefillRejected, .prefillFailed, .prefillFailedWithAnswer,
      .prefillFailedLast, .prefillFailedNamed:
      state.legsOut.contains(.prefill) && !state.choosesDecode
    case .head200, .head302, .head404, .head429, .head500, .head501, .head503: state.awaitsHead
    case .head404Mute, .head503Mute: state.awaitsHead && state.isSplit
    case .head503Unrepeatable: state == .servingNone
    case .answerBegan: state.isAttached || state.isAnswering
    case .failedUndelivered: state.awaitsHead
    case .failedBroken: state.legsOut.contains(.serving)
    // What may not be done twice is passed on unread, and so never split.
    case .servingTimedOut: state.legsOut.contains(.serving) && !state.isUnwinding
    case .failedUnrepeatable, .servingTimedOutUnrepeatable:
      [.servingNone, .attachedNone, .answering].contains(state)
    case .servingEnded: state.isAnswering || state.isUnwinding && state.legsOut.contains(.serving)
    case .refusedLate, .refusedLateMute: state.isUnwinding && state.legsOut.contains(.serving)
    case .lingered: state == .unwindingLingering
    default: isAllowedFromOutside(in: state)
    }
  }

  private func isAllowedFromOutside(in state: MachineState) -> Bool {
    guard state != .over, !state.choosesDecode else { return false }
    return switch self {
    case .deadlinePassed, .routerStops: true
    case .clientLeft: !state.isUnwinding
    case .clientLeftShort: !state.isUnwinding && state.legsOut.contains(.prefill)
    case .clientLeftShortUnsent: state == .prefilling
    case .clientLeftServingUnsent, .deadlinePassedServingUnsent: state.awaitsHead
    case .clientLeftServingUnsentShort, .clientLeftServingUnsentNamed: state == .servingTogether
    case .clientLeftNamed: !state.isUnwinding && state.legsOut.contains(.prefill)
    case .deadlinePassedNamed: state.legsOut.contains(.prefill)
    case .clientLeftStubbornDecode:
      !state.isUnwinding && state.legsOut.contains(.serving) && state.isSplit
    default: false
    }
  }

  /// The legs that have come to their end with this event, in `state`.
  func endedLegs(in state: MachineState) -> MachineLegs {
    switch self {
    case .prefillAnswered, .prefillRejected, .prefillFailed, .prefillFailedWithAnswer,
      .prefillFailedLast, .prefillFailedNamed:
      .prefill
    // Before its leg was sent, or after its answer.
    case .refused, .handleWasLost: state == .prefilling ? .prefill : []
    // The driver closes a leg whose engine reports that it failed.
    case .failedUndelivered, .failedBroken, .failedUnrepeatable: .serving
    case .servingEnded, .refusedLate, .refusedLateMute: .serving
    default: []
    }
  }
}
