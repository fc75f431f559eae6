public import Vocabulary

/// The life of one KV handle: prefilling → held → dispatched → attached → ended, with a way aside
/// from held, dispatched and attached: releasing → ended.
///
/// Pure: no I/O, no clock, no memory of its own beyond the state. A handle reaches a scheduler at
/// most once, because `dispatch` leads out of `held` and only `takeBack` (not one byte was
/// delivered) leads back; it is settled exactly once, because every ending leads to `ended`, out of
/// which nothing leads. A call that the state does not allow is a fault of ours and stops the
/// program.
///
/// A handle of legs that leave together is held *ahead*: it can be dispatched before prefill has
/// answered, and its lease begins with that answer.
///
/// The ledger may settle a *held* or *releasing* handle by itself (lease over, prefill restarted).
/// It is then `withdrawn` until its owner's next call, which learns of it and ends it without a
/// second
/// settlement.
public struct KVHandleStateMachine: ~Copyable {
  private enum State: ~Copyable {
    case prefilling
    case held(deadline: Instant)
    case dispatched(deadline: Instant, to: WorkerID)
    case attached(to: WorkerID)
    case releasing(deadline: Instant)
    case withdrawn(KVSettlement)
    case ended
  }

  private var state: State

  /// Whether prefill answered without parameters: nothing is pinned, nothing can expire.
  public private(set) var isEmpty = false

  /// A handle whose prefill leg is about to be sent.
  public init() {
    state = .prefilling
  }

  private init(_ state: consuming State, isEmpty: Bool) {
    self.state = state
    self.isEmpty = isEmpty
  }

  /// The state, without its details.
  public var stage: KVHandleStage {
    switch state {
    case .prefilling: .prefilling
    case .held: .held
    case .dispatched: .dispatched
    case .attached: .attached
    case .releasing: .releasing
    case .withdrawn: .withdrawn
    case .ended: .ended
    }
  }

  /// When the lease ends, while that matters: held, dispatched or releasing, with parameters;
  /// `.distantFuture` before prefill has answered.
  public var deadline: Instant? {
    switch state {
    case .held(let deadline) where !isEmpty: deadline
    case .dispatched(let deadline, _) where !isEmpty: deadline
    case .releasing(let deadline): deadline
    default: nil
    }
  }

  /// The decode worker it went to, while it is there.
  public var decodeWorker: WorkerID? {
    switch state {
    case .dispatched(_, let worker): worker
    case .attached(let worker): worker
    default: nil
    }
  }

  /// Whether blocks of the prefill engine hang on it.
  public var isPinning: Bool {
    guard !isEmpty else { return false }
    switch stage {
    case .held, .dispatched, .attached, .releasing: return true
    case .prefilling, .withdrawn, .ended: return false
    }
  }

  /// Prefill failed or was cancelled before it answered. Precondition: prefilling.
  public mutating func abandon() {
    switch consume state {
    case .prefilling: self = .init(.ended, isEmpty: false)
    default: preconditionFailure("only a handle that is prefilling can be abandoned")
    }
  }

  /// Prefill answered with parameters leased until `deadline`. Precondition: prefilling.
  public mutating func hold(until deadline: Instant) {
    switch consume state {
    case .prefilling: self = .init(.held(deadline: deadline), isEmpty: false)
    default: preconditionFailure("only a handle that is prefilling can become held")
    }
  }

  /// The parameters are there before prefill has answered: the legs leave together. Precondition:
  /// prefilling.
  public mutating func holdAhead() {
    hold(until: .distantFuture)
  }

  /// Prefill answered a handle that was held ahead: its lease ends at `deadline`. No effect once
  /// decode has attached, or the handle was withdrawn. Precondition: not prefilling, not ended.
  public mutating func noteAnswer(until deadline: Instant) {
    let isEmpty = self.isEmpty
    switch consume state {
    case .held: self = .init(.held(deadline: deadline), isEmpty: isEmpty)
    case .dispatched(_, let worker):
      self = .init(.dispatched(deadline: deadline, to: worker), isEmpty: isEmpty)
    case .attached(let worker): self = .init(.attached(to: worker), isEmpty: isEmpty)
    case .releasing: self = .init(.releasing(deadline: deadline), isEmpty: isEmpty)
    case .withdrawn(let settlement): self = .init(.withdrawn(settlement), isEmpty: isEmpty)
    default:
      preconditionFailure("prefill answers for a handle that is held ahead")
    }
  }

  /// Nobody will use the handle: it is being given back. Precondition: held, dispatched or
  /// attached,
  /// or withdrawn meanwhile; not empty.
  ///
  /// `latest` is when its lease is over even if a decode engine has just renewed it.
  ///
  /// - Returns: false when the ledger had withdrawn it.
  public mutating func beginRelease(until latest: Instant) -> Bool {
    precondition(!isEmpty, "an empty handle pins nothing")
    switch consume state {
    case .held(let deadline):
      self = .init(.releasing(deadline: min(deadline, latest)), isEmpty: false)
    case .dispatched: self = .init(.releasing(deadline: latest), isEmpty: false)
    case .attached: self = .init(.releasing(deadline: latest), isEmpty: false)
    case .withdrawn(let settlement):
      self = .init(.withdrawn(settlement), isEmpty: false)
      return false
    default:
      preconditionFailure("a handle is given back once, after it was held")
    }
    return true
  }

  /// Prefill answered without parameters. Precondition: prefilling.
  public mutating func holdNothing() {
    switch consume state {
    case .prefilling: self = .init(.held(deadline: .distantFuture), isEmpty: true)
    default: preconditionFailure("only a handle that is prefilling can become held")
    }
  }

  /// The decode leg is about to leave. Precondition: held or withdrawn.
  ///
  /// Ends the handle unless the verdict is `.go`; `.leaseExpired` when `now` is less than `margin`
  /// before the lease's end.
  public mutating func dispatch(
    to worker: WorkerID, now: Instant, margin: Duration
  ) -> DispatchVerdict {
    let isEmpty = self.isEmpty
    switch consume state {
    case .held(let deadline):
      guard isEmpty || now + margin < deadline else {
        self = .init(.ended, isEmpty: isEmpty)
        return .leaseExpired
      }
      self = .init(.dispatched(deadline: deadline, to: worker), isEmpty: isEmpty)
      return .go
    case .withdrawn(let settlement):
      self = .init(.ended, isEmpty: isEmpty)
      return .withdrawn(settlement)
    default:
      preconditionFailure("a handle is dispatched at most once")
    }
  }

  /// The decode connection was refused; not one byte was delivered. Precondition: dispatched.
  public mutating func takeBack() {
    let isEmpty = self.isEmpty
    switch consume state {
    case .dispatched(let deadline, _): self = .init(.held(deadline: deadline), isEmpty: isEmpty)
    default: preconditionFailure("only a dispatched handle can be taken back")
    }
  }

  /// Decode answered with a 2xx head. Precondition: dispatched.
  public mutating func attach() {
    let isEmpty = self.isEmpty
    switch consume state {
    case .dispatched(_, let worker): self = .init(.attached(to: worker), isEmpty: isEmpty)
    default: preconditionFailure("only a dispatched handle can be attached")
    }
  }

  /// Ends the handle; true if this settles it, false if the ledger had settled it before.
  ///
  /// Preconditions: `consumed` from attached; `expired` from held or releasing; `released` and
  /// `spent` from held, dispatched, attached or releasing; anything from withdrawn.
  public mutating func settle(as settlement: KVSettlement) -> Bool {
    let isEmpty = self.isEmpty
    let settlesNow: Bool
    switch consume state {
    case .prefilling:
      preconditionFailure("a handle that is prefilling is abandoned, not settled")
    case .held:
      precondition(settlement != .consumed, "a handle cannot be consumed before decode answered")
      settlesNow = true
    case .dispatched:
      precondition(settlement != .consumed, "a handle cannot be consumed before decode answered")
      precondition(settlement != .expired, "a handle at a decode engine is renewed by it")
      settlesNow = true
    case .attached:
      precondition(settlement != .expired, "a handle at a decode engine is renewed by it")
      settlesNow = true
    case .releasing:
      precondition(settlement != .consumed, "a handle that is given back is not consumed")
      settlesNow = true
    case .withdrawn:
      settlesNow = false
    case .ended:
      preconditionFailure("a handle is settled exactly once")
    }
    self = .init(.ended, isEmpty: isEmpty)
    return settlesNow
  }

  /// The ledger settles a handle behind its owner's back. Precondition: held or releasing, not
  /// empty.
  public mutating func withdraw(as settlement: KVSettlement) {
    precondition(!isEmpty, "an empty handle has nothing to lose")
    switch consume state {
    case .held: self = .init(.withdrawn(settlement), isEmpty: false)
    case .releasing: self = .init(.withdrawn(settlement), isEmpty: false)
    default: preconditionFailure("only a handle that no engine attends to can be withdrawn")
    }
  }
}
