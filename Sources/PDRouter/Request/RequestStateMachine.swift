internal import KVTransfer

/// The life of one request, from its reception to the last byte of its answer; read this file
/// first.
///
/// Pure: events in, one `RequestAction` out; no I/O, no clock, no lock. The driver (`Request`) owns
/// sockets, reservations and the ledger, and runs the actions. One machine serves all shapes of the
/// pipeline: prefill then decode, both together, and one worker with an empty handle.
///
///     choosing ─▶ prefilling ─▶ serving(handle) ─▶ answering ─▶ over
///        ▲  └────────────────▶ serving(no handle) ──┘
///        ├── another worker, while nothing was delivered to the client and attempts are left
///     prefilling, serving ── the client leaves, cutting would leave blocks pinned ─▶ unwinding
///
/// Legs that leave together pass through *prefilling* without waiting there; *serving* and
/// *answering* then know that prefill is still out. The failure of either leg cancels the other.
///
/// Rules it keeps: a handle is abandoned, settled or given to the release desk before the machine
/// is over; a handle that may have reached a decode scheduler is never sent again; once the client
/// has bytes, nothing is retried.
struct RequestStateMachine: ~Copyable {
  private enum State {
    case choosing
    case choosingDecode(KVHandleID, prefillIsOut: Bool)
    case prefilling(KVHandleID)
    /// The serving leg is out; `attached` once its 2xx head has come.
    case serving(KVHandleID?, attached: Bool, prefillIsOut: Bool)
    /// The client has bytes of the answer, or is about to get a rejection; no handle lives.
    case answering(prefillIsOut: Bool)
    /// The client is gone; prefill is let to its end, since cutting it would pin what it has made.
    case unwinding(KVHandleID, KVReleaseReason, Receiver)
    case over
  }

  private var state = State.choosing
  private var attemptsLeft: Int
  /// What went wrong before: told to the client when no further attempt can be made.
  private var lastError: RouterError?

  /// A machine for a request that may try `attempts` times, the first included.
  init(attempts: Int) {
    precondition(attempts >= 1)
    attemptsLeft = attempts
  }

  /// Whether the request has ended; every event after that is ignored.
  var isOver: Bool {
    if case .over = state { true } else { false }
  }

  /// Whether the client is gone and a leg is being waited for.
  var isUnwinding: Bool {
    if case .unwinding = state { true } else { false }
  }

  /// Whether the client has got nothing yet, so that another worker could still answer.
  var canBeReplaced: Bool {
    switch state {
    case .choosing, .choosingDecode, .prefilling, .serving: true
    case .answering, .unwinding, .over: false
    }
  }
}

// MARK: - Choosing

extension RequestStateMachine {
  /// The request turns out not to be one that can be routed, before a byte of it was sent.
  mutating func refused(_ error: RouterError) -> RequestAction {
    switch state {
    case .choosing:
      state = .over
      return RequestAction(step: .fail(error))
    case .prefilling(let handle):
      state = .over
      return RequestAction(handle: .abandon(handle), step: .fail(error))
    case .choosingDecode, .serving, .answering, .unwinding, .over:
      preconditionFailure("a request is refused before it is sent")
    }
  }

  /// A prefill and a decode worker are reserved, and the ledger has opened `handle`.
  mutating func chosePair(handle: KVHandleID) -> RequestAction {
    guard case .choosing = state else { preconditionFailure("a pair is chosen while choosing") }
    attemptsLeft -= 1
    state = .prefilling(handle)
    return RequestAction(step: .startPrefill)
  }

  /// One worker is reserved for the whole request.
  mutating func choseOne() -> RequestAction {
    guard case .choosing = state else { preconditionFailure("one is chosen while choosing") }
    attemptsLeft -= 1
    state = .serving(nil, attached: false, prefillIsOut: false)
    return RequestAction(step: .startServing)
  }

  /// Another decode worker is reserved for the held handle, which the ledger has dispatched again.
  mutating func choseDecode() -> RequestAction {
    guard case .choosingDecode(let handle, let prefillIsOut) = state else {
      preconditionFailure("a decode worker is chosen for a held handle")
    }
    state = .serving(handle, attached: false, prefillIsOut: prefillIsOut)
    return RequestAction(step: .startServing)
  }

  /// There is nobody to choose, or nothing may be tried any more: the last failure is told, else
  /// `error`.
  mutating func foundNobody(_ error: RouterError) -> RequestAction {
    switch state {
    case .choosing:
      state = .over
      return RequestAction(step: .fail(lastError ?? error))
    case .choosingDecode(let handle, _):
      state = .over
      return RequestAction(
        handle: .release(handle, .noDecodeWorker), cancels: .prefill,
        step: .fail(lastError ?? error))
    case .prefilling, .serving, .answering, .unwinding, .over:
      preconditionFailure("nobody is found only while choosing")
    }
  }
}

// MARK: - Prefill

extension RequestStateMachine {
  /// The prefill leg is on its way, and decode's leaves beside it: the ledger holds the handle
  /// ahead
  /// and has dispatched it.
  mutating func legsLeaveTogether() -> RequestAction {
    guard case .prefilling(let handle) = state else {
      preconditionFailure("the legs leave together once prefill has started")
    }
    state = .serving(handle, attached: false, prefillIsOut: true)
    return RequestAction(step: .startServing)
  }

  /// Prefill answered 2xx.
  ///
  /// The ledger has dispatched its handle, which may be an empty one; while unwinding it is held;
  /// when the legs left together the ledger has noted the answer.
  mutating func prefillAnswered() -> RequestAction {
    switch state {
    case .prefilling(let handle):
      state = .serving(handle, attached: false, prefillIsOut: false)
      return RequestAction(step: .startServing)
    case .serving(let handle, let attached, prefillIsOut: true):
      state = .serving(handle, attached: attached, prefillIsOut: false)
      return RequestAction(step: .wait)
    case .answering(prefillIsOut: true):
      state = .answering(prefillIsOut: false)
      return RequestAction(step: .wait)
    case .unwinding(_, _, .waiting):
      return RequestAction(step: .linger)
    case .unwinding(let handle, let reason, _):
      state = .over
      return RequestAction(handle: .release(handle, reason), step: .end)
    case .choosing, .choosingDecode, .serving, .answering, .over:
      preconditionFailure("prefill answers once, while it is out")
    }
  }

  /// The ledger refused to dispatch the handle and has settled it: its lease is over, or prefill
  /// has restarted meanwhile.
  mutating func handleWasLost() -> RequestAction {
    switch state {
    case .prefilling, .choosingDecode:
      let error = RouterError(
        .leaseExpired, origin: .prefill,
        message: "The KV cache that prefill kept has expired before decode could take it.")
      return retryOrFail(error, handle: .none, cancels: .prefill)
    case .choosing, .serving, .answering, .unwinding, .over:
      preconditionFailure("a handle is lost between the legs")
    }
  }

  /// Prefill answered with a status that is the client's to see (4xx).
  mutating func prefillRejected() -> RequestAction {
    switch state {
    case .prefilling(let handle):
      state = .over
      return RequestAction(handle: .abandon(handle), step: .relayRejection)
    case .serving(let handle?, _, prefillIsOut: true):
      state = .over
      return RequestAction(
        handle: .settle(handle, .released(.prefillFailed, by: .decodeAbort)), cancels: .serving,
        step: .relayRejection)
    default:
      return prefillFailedLate(leavesHandle: false)
    }
  }

  /// Prefill failed, by its connection, by a 5xx or by taking too long; always repeatable: the
  /// client has nothing.
  ///
  /// - Parameters:
  ///   - hasAnswer: the engine's own answer is there to be told when nobody does better.
  ///   - leavesHandle: it may have made a handle, which can be given back by name.
  mutating func prefillFailed(
    _ error: RouterError, hasAnswer: Bool = false, leavesHandle: Bool = false
  ) -> RequestAction {
    let handleStep: RequestAction.HandleStep
    switch state {
    case .prefilling(let handle) where leavesHandle,
      .serving(let handle?, _, prefillIsOut: true) where leavesHandle:
      handleStep = .recall(handle, .prefillFailed)
    case .prefilling(let handle): handleStep = .abandon(handle)
    case .serving(let handle?, _, prefillIsOut: true):
      handleStep = .settle(handle, .released(.prefillFailed, by: .decodeAbort))
    default: return prefillFailedLate(leavesHandle: leavesHandle)
    }
    var action = retryOrFail(error, handle: handleStep, cancels: .serving)
    if hasAnswer, case .fail = action.step { action.step = .relayRejection }
    return action
  }

  /// Prefill failed when nobody waits for it any more.
  private mutating func prefillFailedLate(leavesHandle: Bool) -> RequestAction {
    switch state {
    case .answering(prefillIsOut: true):
      // Decode has its KV: its tokens prove it.
      state = .answering(prefillIsOut: false)
      return RequestAction(step: .wait)
    case .unwinding(let handle, let reason, let receiver):
      state = .over
      let handleStep: RequestAction.HandleStep =
        leavesHandle
        ? .recall(handle, reason)
        : receiver == .none
          ? .abandon(handle) : .settle(handle, .released(reason, by: .decodeAbort))
      return RequestAction(handle: handleStep, cancels: .serving, step: .end)
    case .choosing, .choosingDecode, .prefilling, .serving, .answering, .over:
      preconditionFailure("prefill fails once, while it is out")
    }
  }
}

// MARK: - Serving

extension RequestStateMachine {
  /// The serving leg's head arrived.
  ///
  /// - Parameters:
  ///   - status: the worker's status.
  ///   - isRepeatable: the request may be done twice.
  ///   - refusalReleases: a decode engine that refuses a request tells prefill.
  ///   - rejection: what the client would be told of a 5xx that another may better; made only
  ///     when needed.
  mutating func servingHeadArrived(
    status: Int, isRepeatable: Bool = true, refusalReleases: @autoclosure () -> Bool = true,
    rejection: @autoclosure () -> RouterError
  ) -> RequestAction {
    if isUnwinding { return RequestAction(step: .wait) }
    guard case .serving(let handle, attached: false, let prefillIsOut) = state else {
      preconditionFailure("a head arrives once, while serving")
    }
    if status < 400 {
      state = .serving(handle, attached: true, prefillIsOut: prefillIsOut)
      return RequestAction(handle: handle.map { .attach($0) } ?? .none, step: .relay)
    }
    let handleStep = handle.map { afterRejection($0, status, refusalReleases()) } ?? .none
    if status >= 500, isRepeatable, attemptsLeft > 0 {
      return retryOrFail(rejection(), handle: handleStep, cancels: .both)
    }
    state = .answering(prefillIsOut: false)
    return RequestAction(handle: handleStep, cancels: .prefill, step: .relay)
  }

  /// The first bytes of the answer are about to go to the client: from here on nothing is retried.
  mutating func answerBegan() -> RequestAction {
    switch state {
    case .serving(let handle, attached: true, let prefillIsOut):
      state = .answering(prefillIsOut: prefillIsOut)
      return RequestAction(
        handle: handle.map { .settle($0, .consumed) } ?? .none, step: .wait)
    case .answering:
      return RequestAction(step: .wait)
    case .choosing, .choosingDecode, .prefilling, .serving, .unwinding, .over:
      preconditionFailure("an answer begins after its head")
    }
  }

  /// The serving leg failed.
  ///
  /// - Parameters:
  ///   - isFree: not one byte of the request reached the worker.
  ///   - isRepeatable: the request may be done twice.
  mutating func servingFailed(
    _ error: RouterError, isFree: Bool, isRepeatable: Bool = true
  ) -> RequestAction {
    switch state {
    case .serving(let handle?, _, let prefillIsOut) where isFree:
      return retryDecodeOrFail(error, handle: handle, prefillIsOut: prefillIsOut)
    case .serving(let handle, _, _):
      if !isRepeatable { attemptsLeft = 0 }
      // An engine that lives may never have seen the request, or not have been able to use it; one
      // that does not tells nobody.
      return retryOrFail(
        error, handle: handle.map { .release($0, .decodeLost) } ?? .none, cancels: .prefill)
    case .answering:
      state = .over
      return RequestAction(cancels: .prefill, step: .breakOff(error))
    case .unwinding(let handle, let reason, _):
      state = .unwinding(handle, reason, .lost)
      return RequestAction(step: .wait)
    case .choosing, .choosingDecode, .prefilling, .over:
      preconditionFailure("the serving leg fails while it is out")
    }
  }

  /// The serving leg's answer is complete, and passed on if there is a client.
  mutating func servingEnded() -> RequestAction {
    switch state {
    case .answering:
      state = .over
      return RequestAction(cancels: .prefill, step: .finish)
    case .unwinding(let handle, let reason, _):
      state = .over
      return RequestAction(
        handle: .settle(handle, .released(reason, by: .decodeAbort)), cancels: .prefill,
        step: .end)
    case .choosing, .choosingDecode, .prefilling, .serving, .over:
      preconditionFailure("an answer ends after it has begun")
    }
  }

  /// While unwinding: the decode engine refused the request (4xx, 503).
  ///
  /// Where `refusalReleases` it has told prefill; else whatever prefill makes is given back through
  /// another.
  mutating func servingRefused(refusalReleases: Bool) -> RequestAction {
    guard case .unwinding(let handle, let reason, _) = state else {
      preconditionFailure("a refusal is an answer as any other while there is a client")
    }
    guard refusalReleases else {
      state = .unwinding(handle, reason, .unasked)
      return RequestAction(step: .wait)
    }
    state = .over
    return RequestAction(
      handle: .settle(handle, .released(reason, by: .decodeRejection)), cancels: .prefill,
      step: .end)
  }

  /// What becomes of a handle whose decode engine answered with an error.
  ///
  /// An engine that refuses a request, be it the client's fault (4xx) or because it is full (503),
  /// tells prefill to free the blocks (vLLM pull request 41269; measured on 0.32, but for bodies
  /// that fail validation, which are not split). Any other failure may come after the handle was
  /// read, or because it could not be.
  private func afterRejection(
    _ handle: KVHandleID, _ status: Int, _ refusalReleases: Bool
  ) -> RequestAction.HandleStep {
    guard status < 500 || status == 503 else { return .release(handle, .decodeLost) }
    return refusalReleases
      ? .settle(handle, .released(.decodeRejected, by: .decodeRejection))
      : .release(handle, .decodeRejected)
  }
}

// MARK: - From outside

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
  private func releaseAfterCancel(
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
    case .choosing, .choosingDecode, .serving(nil, _, _), .answering, .unwinding, .over: .none
    }
  }

  private mutating func retryDecodeOrFail(
    _ error: RouterError, handle: KVHandleID, prefillIsOut: Bool
  ) -> RequestAction {
    guard attemptsLeft > 0 else {
      state = .over
      return RequestAction(
        handle: .release(handle, .noDecodeWorker), cancels: .prefill, step: .fail(told(error)))
    }
    attemptsLeft -= 1
    lastError = told(error)
    state = .choosingDecode(handle, prefillIsOut: prefillIsOut)
    return RequestAction(handle: .takeBack(handle), step: .chooseDecode)
  }

  private mutating func retryOrFail(
    _ error: RouterError, handle: RequestAction.HandleStep, cancels: RequestAction.Cancels
  ) -> RequestAction {
    guard attemptsLeft > 0 else {
      state = .over
      return RequestAction(handle: handle, cancels: cancels, step: .fail(told(error)))
    }
    lastError = told(error)
    state = .choosing
    return RequestAction(handle: handle, cancels: cancels, step: .choose)
  }

  /// What the client is told when the tries end: an engine's word on when to come again is worth
  /// more to it than what failed last.
  private func told(_ error: RouterError) -> RouterError {
    guard error.retryAfterSeconds == nil, let lastError, lastError.retryAfterSeconds != nil else {
      return error
    }
    return lastError
  }
}
