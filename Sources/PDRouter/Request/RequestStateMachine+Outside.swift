internal import KVTransfer

// What ends a request from outside: its client, its deadline, the router's own end.
extension RequestStateMachine {
  /// The client hung up.
  mutating func clientLeft(_ legs: Legs = Legs()) -> RequestAction {
    guard !isUnwinding else { return RequestAction(step: .wait) }
    if let action = unwind(.clientGone, legs) { return action }
    let handle = releaseAfterCancel(.clientGone, legs)
    state = .over
    return RequestAction(handle: handle, cancels: .both, step: .forget)
  }

  /// The request's time is over.
  mutating func deadlinePassed(_ error: RouterError, _ legs: Legs = Legs()) -> RequestAction {
    cutOff(error, .requestTimedOut, legs)
  }

  /// The router stops and waits no longer.
  mutating func routerStops(_ legs: Legs = Legs()) -> RequestAction {
    cutOff(.routerStops, .routerStopping, legs)
  }

  /// While unwinding: the decode engine has had time to take what prefill wrote.
  mutating func lingered() -> RequestAction {
    guard case .unwinding(let handle, let reason, let receiver) = state else {
      preconditionFailure("only what unwinds lingers")
    }
    state = .over
    let handleStep: RequestAction.HandleStep =
      switch receiver {
      case .lost: .release(handle, .decodeLost)
      case .unasked: .release(handle, reason)
      case .none, .waiting: .makeSure(handle, reason)
      }
    return RequestAction(handle: handleStep, cancels: .both, step: .end)
  }

  private mutating func cutOff(
    _ error: RouterError, _ reason: KVReleaseReason, _ legs: Legs
  ) -> RequestAction {
    if case .unwinding(let handle, _, let receiver) = state {
      state = .over
      let handleStep: RequestAction.HandleStep =
        switch receiver {
        case _ where legs.leavesHandle: .recall(handle, reason)
        case .none: .abandon(handle)
        case .unasked: .release(handle, reason)
        case .waiting, .lost: .makeSure(handle, reason)
        }
      return RequestAction(handle: handleStep, cancels: .both, step: .end)
    }
    let hasBegun = !canBeReplaced
    let handle = releaseAfterCancel(reason, legs)
    state = .over
    return RequestAction(
      handle: handle, cancels: .both, step: hasBegun ? .breakOff(error) : .fail(error))
  }

  /// Goes on without a client where cutting prefill now could leave its blocks pinned: an engine
  /// that is cut within its last step frees nothing (measured on vLLM 0.32).
  private mutating func unwind(_ reason: KVReleaseReason, _ legs: Legs) -> RequestAction? {
    switch state {
    case .prefilling(let handle) where legs.prefillWasSent && legs.prefillIsShort:
      state = .unwinding(handle, reason, .none)
      return RequestAction(step: .leaveClient)
    case .serving(let handle?, _, prefillIsOut: true)
    where legs.prefillWasSent && legs.servingWasSent && !legs.decodeAbortsWhileWaiting:
      state = .unwinding(handle, reason, .waiting)
      return RequestAction(step: .leaveClient)
    case .serving(let handle?, _, prefillIsOut: false)
    where legs.servingWasSent && !legs.decodeAbortsWhileWaiting:
      state = .unwinding(handle, reason, .waiting)
      return RequestAction(step: .linger)
    case .serving(let handle?, attached: false, prefillIsOut: true)
    where legs.prefillWasSent && !legs.servingWasSent && legs.prefillIsShort:
      state = .unwinding(handle, reason, .unasked)
      return RequestAction(cancels: .serving, step: .leaveClient)
    default: return nil
    }
  }

  /// The end of a handle whose legs are cancelled: an engine that sees its client go frees the
  /// blocks (prefill) or tells prefill to (decode). A decode engine that was never asked tells
  /// nobody, and a prefill engine that is cut between its last step and its answer frees nothing.
  func releaseAfterCancel(
    _ reason: KVReleaseReason, _ legs: Legs
  ) -> RequestAction.HandleStep {
    switch state {
    case .prefilling(let handle) where legs.leavesHandle,
      .serving(let handle?, _, prefillIsOut: true) where legs.leavesHandle:
      .recall(handle, reason)
    case .prefilling(let handle): .abandon(handle)
    case .serving(let handle?, attached: false, prefillIsOut: false) where !legs.servingWasSent:
      .release(handle, reason)
    case .serving(let handle?, attached: false, prefillIsOut: true) where !legs.servingWasSent:
      // Prefill is cut before it has anything.
      .settle(handle, .released(reason, by: .decodeAbort))
    case .serving(let handle?, _, _): .makeSure(handle, reason)
    case .choosing, .pausing, .choosingDecode, .serving(nil, _, _), .answering, .unwinding, .over:
      .none
    }
  }
}
