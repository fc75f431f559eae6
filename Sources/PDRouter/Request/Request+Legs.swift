internal import EventLoop
internal import JSONFields
internal import KVTransfer
internal import Policies
internal import Vocabulary
internal import Wire

// Talking to workers: what goes out on each leg, and what comes back.
extension Request {
  /// Sends the prefill leg.
  ///
  /// - Returns: the next action when the leg could not even be started.
  func startPrefill() -> RequestAction? {
    guard let worker = prefillReservation.worker else {
      preconditionFailure("a prefill worker is reserved")
    }
    do throws(JSONError) {
      try planPrefillBody(for: worker)
    } catch {
      // The plan is the loop's, shared by all requests: half of one must not reach the next.
      router.edits.removeAll()
      return machine.refused(Request.notJSON(error))
    }
    record.prefillStartedAt = router.loop.now
    prefillAnswer.removeAll()
    hasPrefillAnswered = false
    prefillLeg.method = .post
    prefillLeg.mayRepeat = handOver.map { router.connector.mayRepeatPrefill(of: $0) } ?? false
    guard router.pool(of: worker).start(prefillLeg) else { return prefillFailed(.poolFull) }
    // A connection that was waiting may have failed at once, and all of it begun anew.
    guard let handle, let handOver, router.connector.order(of: handOver) == .together else {
      return nil
    }
    return startTogether(handle, handOver)
  }

  /// Lets the decode leg leave beside the prefill leg.
  private func startTogether(_ handle: KVHandleID, _ handOver: KVHandOver) -> RequestAction {
    guard let decode = servingReservation.worker else {
      preconditionFailure("a pair is reserved")
    }
    router.ledger.holdAhead(
      handle, engine: handOver.prefill.identity?.engine, now: router.loop.now
    ) {
      router.connector.appendParameters(of: handOver, to: &$0)
    }
    let isDispatched = dispatch(handle, to: decode)
    precondition(isDispatched, "a lease that has not begun cannot be over")
    return machine.legsLeaveTogether()
  }

  /// Sends the leg whose answer the client gets.
  ///
  /// - Returns: the next action when the leg could not even be started.
  func startServing() -> RequestAction? {
    guard let worker = servingReservation.worker, let exchange else {
      preconditionFailure("a serving worker is reserved for a client")
    }
    planServingBody()
    record.servingStartedAt = router.loop.now
    servingReservation.legHasBegun()
    servingLeg.method = exchange.head.method
    servingLeg.mayRepeat = !carriesHandle && isRepeatable
    // What is passed on as it comes is not to meet a connection that has gone stale.
    guard !router.pool(of: worker).start(servingLeg, fresh: !exchange.isBodyComplete) else {
      return nil
    }
    return servingFailed(.poolFull)
  }

  /// What the client is told of a body that is not JSON.
  static func notJSON(_ error: JSONError) -> RouterError {
    RouterError(
      .badRequest(status: 400), origin: .client,
      message: "The request body is not a valid JSON object: \(error)")
  }

  /// The `X-Request-Id` of a split request's legs.
  var splitRequestID: UnsafeRawBufferPointer {
    legRequestID.isEmpty ? requestID.bytes : legRequestID.bytes
  }

  /// Whether the serving leg hands KV over; an empty handle does not.
  private var carriesHandle: Bool {
    guard let handle else { return false }
    return !router.ledger.isEmpty(handle)
  }

  /// The hints for the prefill engine's scheduler.
  private func hints(for worker: Worker) -> PrefillHints {
    // The worker's own share of the queue is this request: what is ahead is the rest.
    let ahead = max(0, worker.tokensInFlight - traits.promptTokens.number)
    return PrefillHints(
      promptTokens: traits.promptTokens, expectedCachedTokens: cachedOnPrefill,
      queuedTokensAhead: TokenCount(ahead))
  }
}

// MARK: - Bodies

extension Request {
  private func planPrefillBody(for worker: Worker) throws(JSONError) {
    guard let exchange, let fields, let shape = endpoint.generationShape, let handOver else {
      preconditionFailure("a prefill leg has a client, a body and somebody to hand over to")
    }
    let body = exchange.body.bytes
    prefillHints = hints(for: worker)
    try router.connector.planPrefill(
      of: body, fields: fields, shape: shape, handOver: handOver, scratch: &router.headScratch,
      into: &router.edits)
    if router.configuration.hintsInBody {
      prefillHints?.plan(
        of: body, fields: fields, shape: shape, scratch: &router.headScratch,
        into: &router.edits)
    }
    router.edits.apply(to: fields, of: body, into: &prefillBody)
  }

  /// The client's body with the handle's parameters, or without any of the client's own.
  private func planServingBody() {
    guard let exchange, let fields else { return }
    if handle == nil, let removed = router.wholeLegRemovals, fields.lacks(removed) {
      return servingBody.take(whole: exchange.body.bytes)
    }
    if let handle {
      router.ledger.withParameters(of: handle) { parameters in
        router.connector.planDecode(parameters: parameters, into: &router.edits)
      }
    } else {
      router.connector.planDecode(
        parameters: UnsafeRawBufferPointer(start: nil, count: 0), into: &router.edits)
    }
    router.edits.apply(to: fields, of: exchange.body.bytes, into: &servingBody)
  }
}

// MARK: - Events

extension Request: LegObserver {
  func legIsReady(_ leg: Leg) {
    guard let exchange else { preconditionFailure("a leg has a client") }
    guard leg === prefillLeg else {
      record.servingSentAt = router.loop.now
      if exchange.isBodyComplete {
        write(leg, of: exchange, to: servingReservation.worker, hints: nil)
      } else {
        beginUpload(to: servingReservation.worker)
      }
      return
    }
    write(leg, of: exchange, to: prefillReservation.worker, hints: prefillHints)
  }

  private func write(
    _ leg: Leg, of exchange: Exchange, to worker: Worker?, hints: PrefillHints?
  ) {
    guard let worker else { preconditionFailure("a leg has a worker") }
    let original = exchange.body.bytes
    let isPrefill = leg === prefillLeg
    let isEdited = fields != nil && !(isPrefill ? prefillBody.isWhole : servingBody.isWhole)
    let editedCount = isPrefill ? prefillBody.count : servingBody.count
    let length = isEdited ? editedCount : original.count
    let hasBody = !exchange.head.framing.isEmpty || exchange.head.fields.has(.contentLength)
    let isSplit = record.prefillWorker != nil
    let takesTrailers = exchange.head.fields.has(.te) && exchange.takesTrailers
    router.headScratch.removeAll()
    LegRequestHead.append(
      to: &router.headScratch, exchange: exchange, worker: worker,
      requestID: isSplit ? splitRequestID : requestID.bytes,
      body: hasBody ? .length(length) : nil, hints: hints, isPrefill: isPrefill,
      isSplit: isSplit, takesTrailers: takesTrailers && leg.bringsTrailers,
      passesAuthorization: router.passesAuthorization)
    let head = router.headScratch.bytes
    if !isEdited {
      leg.send(head, original)
    } else if isPrefill {
      prefillBody.withPieces(of: original, after: head) { leg.send($0) }
    } else {
      servingBody.withPieces(of: original, after: head) { leg.send($0) }
    }
  }

  func legDidReceiveHead(_ leg: Leg) {
    guard leg === servingLeg else {
      count(leg, .prefill, of: prefillReservation.worker)
      return
    }
    record.servingHeadAt = router.loop.now
    count(leg, record.prefillWorker == nil ? .inference : .decode, of: servingReservation.worker)
    if machine.isUnwinding { unwoundHeadArrived() } else { servingHeadArrived() }
  }

  /// A worker has answered, whatever becomes of the answer.
  private func count(_ leg: Leg, _ phase: ResponseKind.Phase, of worker: Worker?) {
    worker?.tally.responses.count(
      ResponseKind(endpoint, phase, leg.method, status: leg.head.status))
  }

  func leg(_ leg: Leg, didReceive bytes: UnsafeRawBufferPointer) {
    guard leg === prefillLeg else {
      if machine.isUnwinding { watchUnwound(bytes) } else { relay(bytes) }
      return
    }
    guard prefillAnswer.count + bytes.count <= router.configuration.limits.prefillAnswerBytes
    else {
      prefillLeg.cancel()
      perform(prefillFailed(.answerTooLarge))
      return
    }
    prefillAnswer.append(bytes)
  }

  func legDidEnd(_ leg: Leg) {
    if leg === prefillLeg {
      prefillEnded()
    } else if machine.isUnwinding {
      unwoundServingEnded()
    } else {
      servingEnded()
    }
  }

  func leg(_ leg: Leg, didFail failure: LegFailure) {
    if leg === prefillLeg {
      perform(prefillFailed(failure))
    } else if exchange?.hasBegun == true, relay.sawDone {
      // After its own [DONE] a stream that was passed on lacks nothing but the end of its framing.
      servingEnded()
    } else {
      perform(servingFailed(failure))
    }
  }

  /// Decode has answered although its client is gone: its answer says what became of the handle.
  private func unwoundServingEnded() {
    switch servingLeg.head.status {
    case ..<400:
      if let failure = relay.finish() { return engineFailed(failure) }
      noteServingSuccess()
      perform(machine.servingEnded())
    case ..<500, 503: perform(machine.servingRefused(refusalReleases: refusalReleases))
    default:
      perform(
        machine.servingFailed(workerStatus(servingLeg, origin: servingOrigin), isFree: false))
    }
  }

  private func prefillFailed(_ failure: LegFailure) -> RequestAction {
    noteFailure(
      of: prefillReservation.worker, isItsFault: failure.blamesWorker,
      isOfEngine: failure.isOfEngine)
    noteDelivery(before: failure)
    if failure.blamesWorker, let worker = prefillReservation.worker {
      router.notePrefillLost(worker)
    }
    return machine.prefillFailed(
      failure.error(origin: .prefill), leavesHandle: !failure.nothingDelivered && leavesHandle)
  }

  private func noteDelivery(before failure: LegFailure) {
    if failure.nothingDelivered {
      retryIsFree = true
    } else {
      noteDelivered()
    }
    switch failure {
    case .brokenBeforeAnswer, .brokenWithinAnswer: suspectedDeaths += 1
    case .unreachable, .poolFull, .noSocket, .refused, .notHTTP2, .malformed, .malformedFrames,
      .answerTooLarge:
      break
    }
  }

  private func servingFailed(_ failure: LegFailure) -> RequestAction {
    noteFailure(
      of: servingReservation.worker, isItsFault: failure.blamesWorker,
      isOfEngine: failure.isOfEngine)
    noteDelivery(before: failure)
    if failure.blamesWorker, let worker = servingReservation.worker {
      router.noteDecodeLost(worker)
    }
    return machine.servingFailed(
      failure.error(origin: servingOrigin),
      isFree: failure.nothingDelivered && !router.connector.bindsDecode,
      isRepeatable: isRepeatable || failure.nothingDelivered && !hasTakenBody)
  }

  /// Whether the request may be done twice: what is passed on unread only by a method that says so
  /// (RFC 9110 §9.2.1; a PUT or DELETE done twice is the client's to decide).
  var isRepeatable: Bool {
    guard !hasTakenBody else { return false }
    guard endpoint.isPassedOn, let exchange else { return true }
    switch exchange.head.method {
    case .get, .head, .options: return true
    default: return false
    }
  }

  /// Prefill's answer is complete: take its handle on to decode at once, since the lease is
  /// running.
  private func prefillEnded() {
    record.prefillEndedAt = router.loop.now
    let status = prefillLeg.head.status
    switch status {
    case 200..<300: readPrefillAnswer()
    case 400... where !RetryableStatus.contains(status):
      if status == 501 { prefillReservation.excuse() }
      if status >= 500 { noteFailure(of: prefillReservation.worker) }
      perform(machine.prefillRejected())
    default: prefillRefused(status)
    }
  }

  /// Prefill answered with what another engine may not answer.
  private func prefillRefused(_ status: Int) {
    let isFull = RetryableStatus.isFull(status)
    noteFailure(of: prefillReservation.worker, isItsFault: !isFull)
    noteReturn(of: prefillReservation.worker, from: prefillLeg)
    noteDelivered(pauses: !isFull)
    if status == 500 { suspectedDeaths += 1 }
    // A redirection is nobody's answer.
    let hasAnswer = status >= 400
    perform(
      machine.prefillFailed(
        workerStatus(prefillLeg, origin: .prefill), hasAnswer: hasAnswer,
        isLast: hasAnswer && !canBeBettered(status)))
  }

  private func readPrefillAnswer() {
    do throws(JSONError) {
      let answer = try router.connector.readPrefillAnswer(prefillAnswer.bytes)
      if let identity = answer.identity, prefillReservation.worker?.ranksAreKnown == true {
        prefillReservation.worker?.updatePeer { $0.identity = identity }
      }
      notePrefillSuccess()
      teachDecider(prefill: answer)
      judgePrediction(prefill: answer)
      take(answer)
    } catch {
      noteFailure(of: prefillReservation.worker)
      noteDelivered()
      perform(
        machine.prefillFailed(
          RouterError(
            .malformedAnswer, origin: .prefill, message: "The prefill engine's answer is no JSON."),
          leavesHandle: leavesHandle))
    }
  }

  /// Puts what prefill answered into the ledger, and goes on.
  private func take(_ answer: PrefillAnswer) {
    let now = router.loop.now
    hasPrefillAnswered = true
    guard let handle, router.ledger.stage(of: handle) == .prefilling else {
      takeLate(answer)
      return
    }
    guard var handOver else { preconditionFailure("a prefill leg hands over") }
    handOver.prefill.identity = answer.identity ?? handOver.prefill.identity
    guard router.connector.canHandOver(handOver) else {
      // The answer shows what was not known before: decode can make nothing of it.
      router.ledger.holdNothing(handle)
      dispatchToDecode(handle)
      return
    }
    if router.connector.order(of: handOver) == .inTurn {
      router.ledger.hold(handle, engine: handOver.prefill.identity?.engine, now: now) { target in
        router.connector.appendParameters(of: handOver, to: &target)
      }
    } else if answer.parameters != nil {
      router.ledger.hold(handle, engine: answer.engine, now: now) { target in
        router.connector.appendParameters(
          from: answer, in: prefillAnswer.bytes, of: handOver, to: &target)
      }
    } else {
      router.ledger.holdNothing(handle)
    }
    dispatchToDecode(handle)
  }

  /// Prefill's answer is in the ledger: decode is next, unless nobody waits for it any more.
  private func dispatchToDecode(_ handle: KVHandleID) {
    guard !machine.isUnwinding, router.ledger.stage(of: handle) == .held else {
      perform(machine.prefillAnswered())
      return
    }
    guard let decode = servingReservation.worker else { preconditionFailure("a pair is reserved") }
    perform(dispatch(handle, to: decode) ? machine.prefillAnswered() : machine.handleWasLost())
  }

  /// The legs left together: decode may be waiting for this prefill, or have consumed its handle.
  private func takeLate(_ answer: PrefillAnswer) {
    if let usage = PrefillUsage(readingFrom: prefillAnswer.bytes) { relay.joinLate(usage) }
    if let handle {
      router.ledger.noteAnswer(handle, engine: answer.engine, now: router.loop.now)
    }
    perform(machine.prefillAnswered())
  }

  /// What the client is told of a worker's error status when nobody can do better.
  func workerStatus(_ leg: Leg, origin: RouterError.Origin) -> RouterError {
    RouterError(
      // A redirection is no error status to pass on: nobody but us was redirected.
      leg.head.status < 400 ? .malformedAnswer : .workerStatus(leg.head.status), origin: origin,
      message: "The \(origin.engineName) answered with status \(leg.head.status).",
      retryAfterSeconds: retryAfter(of: leg))
  }
}
