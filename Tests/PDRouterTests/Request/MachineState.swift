import KVTransfer

@testable import PDRouter

/// The states of a `RequestStateMachine`, each with a way to get there.
///
/// *Together*: the legs left together and prefill is still out.
enum MachineState: String, CaseIterable, Codable {
  case choosing, pausing, choosingDecode, choosingDecodeTogether, prefilling
  case servingNone, servingHandle, servingTogether
  case attachedNone, attachedHandle, attachedTogether
  case answering, answeringTogether
  /// Prefill alone is waited for, without or with parameters that nobody was given.
  case unwindingAlone, unwindingUnasked
  /// A decode engine waits as well; it waited and is gone; prefill has written and decode is given
  /// a moment.
  case unwindingWaiting, unwindingLost, unwindingLingering
  case over

  /// The legs between their start and their end.
  var legsOut: MachineLegs {
    switch self {
    case .choosing, .pausing, .choosingDecode, .over: []
    case .choosingDecodeTogether, .prefilling: .prefill
    case .unwindingAlone, .unwindingUnasked, .unwindingLost: .prefill
    case .servingNone, .servingHandle, .attachedNone, .attachedHandle, .answering: .serving
    case .unwindingLingering: .serving
    case .servingTogether, .attachedTogether, .answeringTogether, .unwindingWaiting:
      [.prefill, .serving]
    }
  }

  /// Whether another decode worker is sought for a handle.
  var choosesDecode: Bool { self == .choosingDecode || self == .choosingDecodeTogether }
  /// Whether the serving leg's head has yet to come.
  var awaitsHead: Bool { [.servingNone, .servingHandle, .servingTogether].contains(self) }
  /// Whether its 2xx head has come, and nothing of it went to the client.
  var isAttached: Bool { [.attachedNone, .attachedHandle, .attachedTogether].contains(self) }
  /// Whether the client has bytes.
  var isAnswering: Bool { self == .answering || self == .answeringTogether }
  /// Whether the request goes on without its client.
  var isUnwinding: Bool { rawValue.hasPrefix("unwinding") }
  /// Whether the legs in this state are prefill and decode.
  var isSplit: Bool { ![.servingNone, .attachedNone, .answering].contains(self) }

  /// A machine in this state that may still choose `attempts` times for the whole request.
  ///
  /// Where a leg has failed on the way, it failed as `RouterError.earlier`.
  func machine(attempts: Int, handle: KVHandleID = makeHandle()) -> RequestStateMachine {
    // Getting to a state spends one choice, and taking a handle back another.
    let spent = self == .choosing || self == .pausing ? 0 : choosesDecode ? 2 : 1
    var machine = RequestStateMachine(attempts: attempts + spent)
    for event in way { _ = event.apply(to: &machine, handle: handle, error: .earlier) }
    return machine
  }

  private var way: [MachineEvent] {
    switch self {
    case .choosing: []
    case .pausing: [.paused]
    case .choosingDecode: [.chosePair, .prefillAnswered, .failedUndelivered]
    case .choosingDecodeTogether: [.chosePair, .legsLeaveTogether, .failedUndelivered]
    case .prefilling: [.chosePair]
    case .servingNone: [.choseOne]
    case .servingHandle: [.chosePair, .prefillAnswered]
    case .servingTogether: [.chosePair, .legsLeaveTogether]
    case .attachedNone: [.choseOne, .head200]
    case .attachedHandle: [.chosePair, .prefillAnswered, .head200]
    case .attachedTogether: [.chosePair, .legsLeaveTogether, .head200]
    case .answering: [.choseOne, .head200, .answerBegan]
    case .answeringTogether: [.chosePair, .legsLeaveTogether, .head200, .answerBegan]
    case .unwindingAlone: [.chosePair, .clientLeftShort]
    case .unwindingUnasked: [.chosePair, .legsLeaveTogether, .clientLeftServingUnsentShort]
    case .unwindingWaiting: [.chosePair, .legsLeaveTogether, .clientLeftStubbornDecode]
    case .unwindingLost:
      [.chosePair, .legsLeaveTogether, .clientLeftStubbornDecode, .failedBroken]
    case .unwindingLingering:
      [.chosePair, .legsLeaveTogether, .clientLeftStubbornDecode, .prefillAnswered]
    case .over: [.choseOne, .clientLeft]
    }
  }
}

/// Legs of a request.
struct MachineLegs: OptionSet {
  let rawValue: Int
  static let prefill = MachineLegs(rawValue: 1)
  static let serving = MachineLegs(rawValue: 2)
  static let both: MachineLegs = [.prefill, .serving]
}

extension MachineLegs {
  /// The legs that an action cancels.
  init(_ cancels: RequestAction.Cancels) {
    switch cancels {
    case .none: self = []
    case .prefill: self = .prefill
    case .serving: self = .serving
    case .both: self = .both
    }
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
  /// What a machine says when the router stops.
  static let stopping = RouterError(
    .shuttingDown, origin: .router, message: "The router is shutting down.")
}
