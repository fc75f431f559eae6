import KVTransfer

@testable import PDRouter

/// The states of a `RequestStateMachine`, each with a way to get there.
enum MachineState: String, CaseIterable, Codable {
  case choosing, choosingDecode, prefilling, servingHandle, servingNone
  case attachedHandle, attachedNone, answering, over

  /// A machine in this state that may still choose `attempts` times for the whole request.
  func machine(attempts: Int, handle: KVHandleID = makeHandle()) -> RequestStateMachine {
    // Getting to a state spends one choice, and taking a handle back another.
    let spent =
      switch self {
      case .choosing: 0
      case .choosingDecode: 2
      default: 1
      }
    var machine = RequestStateMachine(attempts: attempts + spent)
    switch self {
    case .choosing: break
    case .choosingDecode:
      _ = machine.chosePair(handle: handle)
      _ = machine.prefillAnswered()
      _ = machine.servingFailed(.example, isFree: true, isRepeatable: true)
    case .prefilling: _ = machine.chosePair(handle: handle)
    case .servingHandle:
      _ = machine.chosePair(handle: handle)
      _ = machine.prefillAnswered()
    case .servingNone: _ = machine.choseOne()
    case .attachedHandle:
      _ = machine.chosePair(handle: handle)
      _ = machine.prefillAnswered()
      _ = machine.servingHeadArrived(status: 200, rejection: .example)
    case .attachedNone:
      _ = machine.choseOne()
      _ = machine.servingHeadArrived(status: 200, rejection: .example)
    case .answering:
      _ = machine.choseOne()
      _ = machine.servingHeadArrived(status: 200, rejection: .example)
      _ = machine.answerBegan()
    case .over:
      _ = machine.choseOne()
      _ = machine.clientLeft()
    }
    return machine
  }
}

extension RouterError {
  /// A failure as events bring it.
  static let example = RouterError(.broken, origin: .decode, message: "It broke.")
  /// A failure that came before.
  static let earlier = RouterError(.unreachable, origin: .prefill, message: "Out of reach.")
  /// What a machine says of a handle that was lost.
  static let lost = RouterError(
    .leaseExpired, origin: .prefill,
    message: "The KV cache that prefill kept has expired before decode could take it.")
}
