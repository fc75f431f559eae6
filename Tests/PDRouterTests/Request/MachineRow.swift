import KVTransfer
import Testing

@testable import PDRouter

/// One row: a state, an event, and the action that must come of it.
struct MachineRow: CustomTestStringConvertible, Sendable {
  /// What an action does to the handle, without its name.
  enum Handle: Equatable {
    case none, abandon, takeBack, attach, consumed
    case release(KVReleaseReason)
    case recall(KVReleaseReason)
    case makeSure(KVReleaseReason)
    /// Decode lets go of it, or nothing was ever pinned.
    case dropped(KVReleaseReason)
    /// Decode has told prefill by refusing the request.
    case refused
    /// The same, when its client was gone.
    case refusedLate
  }

  let state: MachineState
  let event: MachineEvent
  let handle: Handle
  /// The legs that must be cancelled, of those that are still out.
  let cancels: MachineLegs
  let step: RequestAction.Step

  init(
    _ state: MachineState, _ event: MachineEvent, _ handle: Handle,
    cancels: MachineLegs = [], _ step: RequestAction.Step
  ) {
    (self.state, self.event, self.handle, self.cancels) = (state, event, handle, cancels)
    self.step = step
  }

  var testDescription: String { "\(state) × \(event)" }

  /// The handle's part of the action, for the handle `id`.
  func handleStep(_ id: KVHandleID) -> RequestAction.HandleStep {
    switch handle {
    case .none: .none
    case .abandon: .abandon(id)
    case .takeBack: .takeBack(id)
    case .attach: .attach(id)
    case .consumed: .settle(id, .consumed)
    case .release(let reason): .release(id, reason)
    case .recall(let reason): .recall(id, reason)
    case .makeSure(let reason): .makeSure(id, reason)
    case .dropped(let reason): .settle(id, .released(reason, by: .decodeAbort))
    case .refused: .settle(id, .released(.decodeRejected, by: .decodeRejection))
    case .refusedLate: .settle(id, .released(.clientGone, by: .decodeRejection))
    }
  }

  /// The legs that are still out when the event has come.
  var legsLeft: MachineLegs { state.legsOut.subtracting(event.endedLegs(in: state)) }

  /// Whether the request ends with the step.
  var isLast: Bool {
    switch step {
    case .fail, .breakOff, .finish, .forget, .relayRejection, .end: true
    default: false
    }
  }

  /// Whether the request goes on without its client after the step.
  var unwinds: Bool {
    !isLast && (step == .leaveClient || step == .linger || state.isUnwinding)
  }

  /// Whether another worker could still answer after the step.
  var staysReplaceable: Bool {
    guard !isLast, !unwinds, !state.isAnswering, event != .answerBegan else { return false }
    // What is passed on is the client's answer, unless it is a 2xx that has yet to begin.
    return step != .relay || handle == .attach || [.head200, .head302].contains(event)
  }
}
