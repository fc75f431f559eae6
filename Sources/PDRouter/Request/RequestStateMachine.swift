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
///        └─▶ pausing ─▶ choosing: later, or when there is a worker
///     prefilling, serving ── the client leaves, cutting would leave blocks pinned ─▶ unwinding
///
/// Legs that leave together pass through *prefilling* without waiting there; *serving* and
/// *answering* then know that prefill is still out. The failure of either leg cancels the other.
///
/// Rules it keeps: a handle is abandoned, settled or given to the release desk before the machine
/// is over; a handle that may have reached a decode scheduler is never sent again; once the client
/// has bytes, nothing is retried.
struct RequestStateMachine: ~Copyable {
  enum State {
    case choosing
    /// Nothing is out or held; the next choice is made later.
    case pausing
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

  /// Where the request is; only the machine's own methods look at it.
  var state = State.choosing
  /// Attempts that may still be made.
  private(set) var attemptsLeft: Int
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

  /// Whether the request waits for its next choice.
  var isPausing: Bool {
    if case .pausing = state { true } else { false }
  }

  /// Whether the client has got nothing yet, so that another worker could still answer.
  var canBeReplaced: Bool {
    switch state {
    case .choosing, .pausing, .choosingDecode, .prefilling, .serving: true
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
    case .pausing, .choosingDecode, .serving, .answering, .unwinding, .over:
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
  /// `error`. A handle that no decode worker is left for is given up, and the request starts anew
  /// if it may.
  mutating func foundNobody(_ error: RouterError) -> RequestAction {
    switch state {
    case .choosing:
      state = .over
      return RequestAction(step: .fail(lastError ?? error))
    case .choosingDecode(let handle, _):
      // The attempt that was to be is not made.
      attemptsLeft += 1
      return retryOrFail(
        lastError ?? error, handle: .release(handle, .noDecodeWorker), cancels: .prefill)
    case .pausing, .prefilling, .serving, .answering, .unwinding, .over:
      preconditionFailure("nobody is found only while choosing")
    }
  }

  /// The next choice is made later; nothing of the request is anywhere until then.
  mutating func paused() -> RequestAction {
    guard case .choosing = state else { preconditionFailure("a request pauses before a choice") }
    state = .pausing
    return RequestAction(step: .wait)
  }

  /// It is time to choose again.
  mutating func resumed() -> RequestAction {
    guard case .pausing = state else { preconditionFailure("only what pauses is resumed") }
    state = .choosing
    return RequestAction(step: .choose)
  }

  /// There was no worker for as long as the request may wait for one.
  mutating func waitedInVain(_ error: RouterError) -> RequestAction {
    guard case .pausing = state else { preconditionFailure("a request waits while it pauses") }
    state = .over
    return RequestAction(step: .fail(error))
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
    case .choosing, .pausing, .choosingDecode, .serving, .answering, .over:
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
    case .choosing, .pausing, .serving, .answering, .unwinding, .over:
      preconditionFailure("a handle is lost between the legs")
    }
  }

  /// Prefill answered with a status that is the client's to see (most 4xx).
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

  /// Prefill failed, by its connection, by a status that another engine may not give or by taking
  /// too long; always repeatable: the client has nothing.
  ///
  /// - Parameters:
  ///   - hasAnswer: the engine's own answer is there to be told when nobody does better.
  ///   - isLast: nobody can do better, so that answer is told now.
  ///   - leavesHandle: it may have made a handle, which can be given back by name.
  mutating func prefillFailed(
    _ error: RouterError, hasAnswer: Bool = false, isLast: Bool = false,
    leavesHandle: Bool = false
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
    if isLast { attemptsLeft = 0 }
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
    case .choosing, .pausing, .choosingDecode, .prefilling, .serving, .answering, .over:
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
  ///   - isRepeatable: the request may be done twice, and somebody may do better.
  ///   - refusalReleases: a decode engine that refuses a request tells prefill.
  ///   - rejection: what the client would be told of a status that another may better; made only
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
    if RetryableStatus.contains(status), isRepeatable, attemptsLeft > 0 {
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
    case .choosing, .pausing, .choosingDecode, .prefilling, .serving, .unwinding, .over:
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
    case .choosing, .pausing, .choosingDecode, .prefilling, .over:
      preconditionFailure("the serving leg fails while it is out")
    }
  }

  /// The serving leg is too slow and is closed; its engine may live and work on the request.
  mutating func servingTimedOut(
    _ error: RouterError, isRepeatable: Bool = true, _ legs: Legs = Legs()
  ) -> RequestAction {
    switch state {
    case .serving:
      if !isRepeatable { attemptsLeft = 0 }
      return retryOrFail(
        error, handle: releaseAfterCancel(.requestTimedOut, legs), cancels: .both)
    case .answering:
      state = .over
      return RequestAction(cancels: .both, step: .breakOff(error))
    case .choosing, .pausing, .choosingDecode, .prefilling, .unwinding, .over:
      preconditionFailure("the serving leg is slow while it is out and there is a client")
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
    case .choosing, .pausing, .choosingDecode, .prefilling, .serving, .over:
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

// MARK: - Trying again

extension RequestStateMachine {
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
