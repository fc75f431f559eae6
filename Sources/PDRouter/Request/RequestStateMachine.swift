internal import KVTransfer

/// The life of one request, from its reception to the last byte of its answer; read this file
/// first.
///
/// Pure: events in, one `RequestAction` out; no I/O, no clock, no lock. The driver (`Request`) owns
/// sockets, reservations and the ledger, and runs the actions. One machine serves both shapes of
/// the pipeline: prefill then decode, and one worker with an empty handle.
///
///     choosing ─▶ prefilling ─▶ serving(handle) ─▶ answering ─▶ over
///        ▲  └────────────────▶ serving(no handle) ──┘
///        └── another worker, while nothing was delivered to the client and attempts are left
///
/// Rules it keeps: a handle is settled or abandoned before the machine is over; a handle that may
/// have reached a decode scheduler is never sent again; once the client has bytes, nothing is
/// retried.
struct RequestStateMachine: ~Copyable {
  private enum State {
    case choosing
    case choosingDecode(KVHandleID)
    case prefilling(KVHandleID)
    /// The serving leg is out; `attached` once its 2xx head has come.
    case serving(KVHandleID?, attached: Bool)
    /// The client has bytes of the answer, or is about to get a rejection; no handle lives.
    case answering
    case over
  }

  private var state = State.choosing
  private var attemptsLeft: Int
  /// What went wrong last: told to the client when no further attempt can be made.
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

  /// Whether the client has got nothing yet, so that another worker could still answer.
  var canBeReplaced: Bool {
    switch state {
    case .choosing, .choosingDecode, .prefilling, .serving: true
    case .answering, .over: false
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
    case .choosingDecode, .serving, .answering, .over:
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
    state = .serving(nil, attached: false)
    return RequestAction(step: .startServing)
  }

  /// Another decode worker is reserved for the held handle, which the ledger has dispatched again.
  mutating func choseDecode() -> RequestAction {
    guard case .choosingDecode(let handle) = state else {
      preconditionFailure("a decode worker is chosen for a held handle")
    }
    state = .serving(handle, attached: false)
    return RequestAction(step: .startServing)
  }

  /// There is nobody to choose: the last failure is told, else `error`.
  ///
  /// A handle that is held is left to its lease: no decode worker could be reached to release it.
  mutating func foundNobody(_ error: RouterError) -> RequestAction {
    switch state {
    case .choosing:
      state = .over
      return RequestAction(step: .fail(lastError ?? error))
    case .choosingDecode(let handle):
      state = .over
      return RequestAction(handle: .settle(handle, .expired), step: .fail(lastError ?? error))
    case .prefilling, .serving, .answering, .over:
      preconditionFailure("nobody is found only while choosing")
    }
  }
}

// MARK: - Prefill

extension RequestStateMachine {
  /// Prefill answered 2xx and the ledger has dispatched its handle, which may be an empty one.
  mutating func prefillAnswered() -> RequestAction {
    guard case .prefilling(let handle) = state else {
      preconditionFailure("prefill answers while prefilling")
    }
    state = .serving(handle, attached: false)
    return RequestAction(step: .startServing)
  }

  /// The ledger refused to dispatch the handle and has settled it: its lease is over, or prefill
  /// has restarted meanwhile.
  mutating func handleWasLost() -> RequestAction {
    switch state {
    case .prefilling, .choosingDecode:
      let error = RouterError(
        .leaseExpired, origin: .prefill,
        message: "The KV cache that prefill kept has expired before decode could take it.")
      return retryOrFail(error, handle: .none)
    case .choosing, .serving, .answering, .over:
      preconditionFailure("a handle is lost between the legs")
    }
  }

  /// Prefill answered with a status that is the client's to see (4xx).
  mutating func prefillRejected() -> RequestAction {
    guard case .prefilling(let handle) = state else {
      preconditionFailure("prefill rejects while prefilling")
    }
    state = .over
    return RequestAction(handle: .abandon(handle), step: .relayRejection)
  }

  /// Prefill failed, by its connection or by a 5xx; always repeatable: the client has nothing.
  mutating func prefillFailed(_ error: RouterError) -> RequestAction {
    guard case .prefilling(let handle) = state else {
      preconditionFailure("prefill fails while prefilling")
    }
    return retryOrFail(error, handle: .abandon(handle))
  }
}

// MARK: - Serving

extension RequestStateMachine {
  /// The serving leg's head arrived.
  ///
  /// - Parameters:
  ///   - status: the worker's status.
  ///   - rejection: what the client would be told of a 5xx that another may better; made only
  ///     when needed.
  mutating func servingHeadArrived(
    status: Int, rejection: @autoclosure () -> RouterError
  ) -> RequestAction {
    guard case .serving(let handle, attached: false) = state else {
      preconditionFailure("a head arrives once, while serving")
    }
    if status < 400 {
      state = .serving(handle, attached: true)
      return RequestAction(handle: handle.map { .attach($0) } ?? .none, step: .relay)
    }
    guard status >= 500 else {
      // An engine that refuses a request tells prefill to free its blocks (vLLM PR 41269).
      state = .answering
      return RequestAction(
        handle: handle.map { .settle($0, .released(.decodeRejected, by: .decodeRejection)) }
          ?? .none, step: .relay)
    }
    // Decode may have read the blocks before it failed: the handle is worthless now.
    if handle != nil, attemptsLeft > 0 {
      return retryOrFail(rejection(), handle: spend(handle), cancelsLeg: true)
    }
    state = .answering
    return RequestAction(handle: spend(handle), step: .relay)
  }

  /// The first bytes of the answer are about to go to the client: from here on nothing is retried.
  mutating func answerBegan() -> RequestAction {
    switch state {
    case .serving(let handle, attached: true):
      state = .answering
      return RequestAction(
        handle: handle.map { .settle($0, .consumed) } ?? .none, step: .wait)
    case .answering:
      return RequestAction(step: .wait)
    case .choosing, .choosingDecode, .prefilling, .serving, .over:
      preconditionFailure("an answer begins after its head")
    }
  }

  /// The serving leg failed.
  ///
  /// - Parameters:
  ///   - isFree: not one byte of the request reached the worker.
  ///   - isRepeatable: the request may be done twice.
  mutating func servingFailed(
    _ error: RouterError, isFree: Bool, isRepeatable: Bool
  ) -> RequestAction {
    switch state {
    case .serving(let handle?, _) where isFree:
      return retryDecodeOrFail(error, handle: handle)
    case .serving(let handle, _):
      if !isRepeatable { attemptsLeft = 0 }
      return retryOrFail(error, handle: spend(handle))
    case .answering:
      state = .over
      return RequestAction(step: .breakOff(error))
    case .choosing, .choosingDecode, .prefilling, .over:
      preconditionFailure("the serving leg fails while it is out")
    }
  }

  /// The serving leg's answer is complete and passed on.
  mutating func servingEnded() -> RequestAction {
    guard case .answering = state else {
      preconditionFailure("an answer ends after it has begun")
    }
    state = .over
    return RequestAction(step: .finish)
  }
}

// MARK: - From outside

extension RequestStateMachine {
  /// The client hung up; `legWasSent` says whether the leg in flight has been written.
  mutating func clientLeft(legWasSent: Bool = true) -> RequestAction {
    let handle = releaseAfterCancel(.clientGone, legWasSent)
    state = .over
    return RequestAction(handle: handle, cancelsLeg: true, step: .forget)
  }

  /// The request's time is over; `legWasSent` says whether the leg in flight has been written.
  mutating func deadlinePassed(
    _ error: RouterError, legWasSent: Bool = true
  ) -> RequestAction {
    cutOff(error, .requestTimedOut, legWasSent)
  }

  /// The router stops and waits no longer; `legWasSent` as for `deadlinePassed`.
  mutating func routerStops(legWasSent: Bool = true) -> RequestAction {
    cutOff(
      RouterError(.shuttingDown, origin: .router, message: "The router is shutting down."),
      .routerStopping, legWasSent)
  }

  private mutating func cutOff(
    _ error: RouterError, _ reason: KVReleaseReason, _ legWasSent: Bool
  ) -> RequestAction {
    let hasBegun = !canBeReplaced
    let handle = releaseAfterCancel(reason, legWasSent)
    state = .over
    return RequestAction(
      handle: handle, cancelsLeg: true, step: hasBegun ? .breakOff(error) : .fail(error))
  }

  /// The end of a handle whose leg is cancelled: an engine that sees its client go frees the blocks
  /// (prefill) or tells prefill to (decode). A decode engine that was never asked tells nobody: the
  /// handle is left to its lease.
  private func releaseAfterCancel(
    _ reason: KVReleaseReason, _ legWasSent: Bool
  ) -> RequestAction.HandleStep {
    switch state {
    case .prefilling(let handle): .abandon(handle)
    case .serving(let handle?, attached: false) where !legWasSent: .giveUp(handle)
    case .serving(let handle?, _): .settle(handle, .released(reason, by: .decodeAbort))
    case .choosing, .choosingDecode, .serving(nil, _), .answering, .over: .none
    }
  }

  private func spend(_ handle: KVHandleID?) -> RequestAction.HandleStep {
    handle.map { .settle($0, .spent) } ?? .none
  }

  private mutating func retryDecodeOrFail(
    _ error: RouterError, handle: KVHandleID
  ) -> RequestAction {
    guard attemptsLeft > 0 else {
      state = .over
      return RequestAction(handle: .giveUp(handle), step: .fail(error))
    }
    attemptsLeft -= 1
    lastError = error
    state = .choosingDecode(handle)
    return RequestAction(handle: .takeBack(handle), step: .chooseDecode)
  }

  private mutating func retryOrFail(
    _ error: RouterError, handle: RequestAction.HandleStep, cancelsLeg: Bool = false
  ) -> RequestAction {
    guard attemptsLeft > 0 else {
      state = .over
      return RequestAction(handle: handle, cancelsLeg: cancelsLeg, step: .fail(error))
    }
    lastError = error
    state = .choosing
    return RequestAction(handle: handle, cancelsLeg: cancelsLeg, step: .choose)
  }
}
