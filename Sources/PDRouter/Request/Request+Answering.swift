internal import EventLoop
internal import KVTransfer
internal import Vocabulary
internal import Wire

// Talking to the client: the worker's answer under watermarks, or an error in OpenAI's form.
extension Request {
  /// The serving leg's head has come: relay it, or let another worker try.
  func servingHeadArrived() {
    let head = servingLeg.servingHead
    servingHead = head
    if head.status >= 500 || RetryableStatus.isFull(head.status) { noteRejection(head.status) }
    let action = machine.servingHeadArrived(
      status: head.status, isRepeatable: isRepeatable && canBeBettered(head.status),
      refusalReleases: refusalReleases,
      rejection: workerStatus(servingLeg, origin: servingOrigin))
    if case .relay = action.step {
      let mode = head.relayMode(isGeneration: endpoint.generationShape != nil)
      let isRead = mode != .opaque && head.isSuccess
      relay.reset(
        mode: mode,
        join: isRead && handle != nil ? PrefillUsage(readingFrom: prefillAnswer.bytes) : nil,
        watchesUsage: isRead && record.prefillWorker == nil && isPredictionJudged())
    }
    perform(action)
  }

  /// Whether a decode engine that refuses this request's handle tells prefill by that.
  var refusalReleases: Bool {
    guard let handle, !router.ledger.isEmpty(handle) else { return true }
    return router.releases.means(of: handle) == .rejection
  }

  /// Whom a 5xx of the serving leg speaks against, or that its engine is full (408, 429).
  ///
  /// With a handle the fault may be the pair's or prefill's as well: decode fails when it cannot
  /// read what prefill says it has (measured). So prefill is avoided first, and decode only when it
  /// fails again or says that it is full.
  private func noteRejection(_ status: Int) {
    let isFull = RetryableStatus.isFull(status)
    noteDelivered(pauses: !isFull)
    if status == 500 { suspectedDeaths += 1 }
    if status == 501 { servingReservation.excuse() }
    guard handle != nil, status != 503, !isFull else {
      noteFailure(of: servingReservation.worker, isItsFault: !isFull)
      noteReturn(of: servingReservation.worker, from: servingLeg)
      return
    }
    handOverFailures += 1
    if let prefill = record.prefillWorker, let decode = record.servingWorker {
      _ = router.noteTransferFailure(prefill: prefill.id, decode: decode.id)
      noteHandOverFailure(from: prefill)
    }
    // Decode may have been told of an engine that is no more: its bootstrap server is asked again.
    noteFailure(
      of: prefillReservation.worker, isItsFault: router.configuration.asksBootstrapServers)
    if handOverFailures > 1 {
      noteFailure(of: servingReservation.worker, isItsFault: false)
    }
  }

  /// Passes a piece of the worker's answer on, or holds it while another worker could still answer.
  func relay(_ bytes: UnsafeRawBufferPointer) {
    guard let exchange else { preconditionFailure("a serving leg has a client") }
    let tokensBefore = relay.tokenEvents
    let decision = relay.take(bytes)
    if let part = decision.sends {
      pass(part, of: bytes, exchange, hasFirstToken: decision.hasFirstToken)
      let tokens = relay.tokenEvents - tokensBefore
      if tokens > 0 { noteTokens(tokens, at: router.loop.now) }
    } else if decision.failure == nil {
      relay.keep(bytes)
    }
    if let failure = decision.failure { engineFailed(failure) }
  }

  /// The head of an answer that no client waits for any more.
  func unwoundHeadArrived() {
    let head = servingLeg.servingHead
    relay.reset(mode: head.isSuccess ? head.relayMode(isGeneration: true) : .opaque)
  }

  /// Reads a piece of an answer that goes to nobody: an engine that fails within it, which HTTP
  /// calls an answer all the same, has told prefill nothing.
  func watchUnwound(_ bytes: UnsafeRawBufferPointer) {
    let decision = relay.take(bytes)
    if let failure = decision.failure {
      engineFailed(failure)
    } else if decision.sends != nil {
      relay.didSendHeld()
    } else {
      relay.keep(bytes)
    }
  }

  /// Sends what is held and `part` of a piece of the answer, and keeps what follows.
  private func pass(
    _ part: Range<Int>, of bytes: UnsafeRawBufferPointer, _ exchange: Exchange,
    hasFirstToken: Bool
  ) {
    if hasFirstToken || record.firstTokenAt == nil { noteFirstToken() }
    // An event of ours may have to follow a stream, so its length is never promised.
    if !exchange.hasBegun {
      beginAnswer(length: relay.isEventStream ? nil : servingHead?.length)
    }
    if reportsStagesNow {
      sendWithStages(UnsafeRawBufferPointer(rebasing: bytes[part]))
    } else {
      sendHeld()
      send(UnsafeRawBufferPointer(rebasing: bytes[part]))
    }
    relay.keep(UnsafeRawBufferPointer(rebasing: bytes[part.upperBound...]))
    if exchange.bufferedByteCount > router.configuration.limits.clientHighWatermarkBytes {
      servingLeg.pauseReading()
    }
  }

  /// The worker's answer is complete.
  func servingEnded() {
    guard let exchange else { preconditionFailure("a serving leg has a client") }
    if let failure = relay.finish() {
      engineFailed(failure)
      return
    }
    judgePrediction()
    switch relay.passedError {
    case .engine:
      servingReservation.worker?.tally.noteBrokenStream()
      noteFailure(of: servingReservation.worker)
    case .client: break
    case nil: noteServingSuccess()
    }
    servingReservation.release()
    if !exchange.hasBegun {
      guard let head = servingHead else { preconditionFailure("an answer ends after its head") }
      noteFirstToken()
      beginAnswer(length: head.hasBody ? relay.held.count : head.length)
    }
    sendHeld()
    sendStagesAtEnd()
    let action = machine.servingEnded()
    guard let error = relay.passedError else {
      perform(action)
      return
    }
    // The engine has told the client itself; it only remains to be counted.
    record.error = RouterError(
      .workerStatus(error == .engine ? 500 : 400), origin: servingOrigin,
      message: "The \(servingOrigin.engineName) ended its answer with an error.")
    finish(.brokenOff) { $0.end() }
  }

  /// The prefill worker found fault with the request itself: its answer is the client's.
  func relayRejection() {
    record.status = prefillLeg.head.status
    router.answerFields.removeAll()
    AnswerFields.append(
      to: &router.answerFields, from: prefillLeg, requestID: requestID.bytes)
    appendReceipts()
    let status = prefillLeg.head.status
    var body = ByteBuffer()
    swap(&body, &prefillAnswer)
    record.answerBytes = body.count
    finish(.completed) { respond($0, status: status, body: body) }
  }

  /// Answers with the router's own fields and a whole body.
  ///
  /// The fields are done with before the end: it may bring the client's next request, which writes
  /// fields of its own into the same buffer.
  private func respond(_ exchange: Exchange, status: Int, body: borrowing ByteBuffer) {
    exchange.begin(status: status, fields: router.answerFields, length: body.count)
    exchange.write(body.bytes)
    exchange.end()
  }

  /// Answers with an error of the router's own; nothing of an answer was sent.
  func answer(_ error: RouterError) {
    record.status = error.status
    record.error = error
    router.answerFields.removeAll()
    router.answerFields.append("content-type: application/json\r\n")
    router.answerFields.appendField(name: "x-request-id", value: requestID.bytes)
    if let seconds = error.retryAfterSeconds {
      router.answerFields.appendField(name: "retry-after", value: seconds)
    }
    appendReceipts()
    var body = ByteBuffer(capacity: 256)
    ErrorAnswer.append(error, to: &body)
    record.answerBytes = body.count
    finish(.failed) { respond($0, status: error.status, body: body) }
  }

  /// The answer has begun and cannot be finished: a stream ends with an error event, anything else
  /// is cut so that nobody takes it for whole.
  ///
  /// Where only the worker's head was seen and nothing of it sent, the client gets a proper error.
  func breakOff(_ error: RouterError) {
    guard exchange?.hasBegun == true else {
      answer(error)
      return
    }
    record.error = error
    servingReservation.worker?.tally.noteBrokenStream()
    guard relay.acceptsEvent else {
      finish(.brokenOff) { $0.cut() }
      return
    }
    var event = ByteBuffer(capacity: 256)
    ErrorAnswer.appendEvent(error, to: &event)
    finish(.brokenOff) { exchange in
      exchange.write(event.bytes)
      exchange.end()
    }
  }

  /// The engine failed though HTTP says 200: the leg is redone, or what was sent is broken off.
  func engineFailed(_ failure: AnswerRelay.Failure) {
    switch failure {
    case .errorEvent: noteRejection(500)
    case .abort:
      noteFailure(of: servingReservation.worker)
      noteDelivered()
    }
    servingLeg.cancel()
    perform(machine.servingFailed(engineError(failure), isFree: false))
  }

  /// What the client is told of a failure within an answer.
  private func engineError(_ failure: AnswerRelay.Failure) -> RouterError {
    let name = servingOrigin.engineName
    return switch failure {
    case .errorEvent:
      RouterError(
        .workerStatus(500), origin: servingOrigin,
        message: "The \(name) failed before the first token.")
    case .abort:
      RouterError(
        .workerStatus(503), origin: servingOrigin,
        message: "The \(name) gave up on the request.")
    }
  }

  private func beginAnswer(length: Int?) {
    guard let exchange else { preconditionFailure("an answer has a client") }
    perform(machine.answerBegan())
    record.status = servingLeg.head.status
    router.answerFields.removeAll()
    AnswerFields.append(to: &router.answerFields, from: servingLeg, requestID: requestID.bytes)
    appendReceipts()
    exchange.begin(status: record.status, fields: router.answerFields, length: length)
    // A body of known length never leaves in chunks.
    if length == nil { beginPassingChunks(to: exchange) }
  }

  private func noteFirstToken() {
    guard record.firstTokenAt == nil else { return }
    record.firstTokenAt = router.loop.now
    teachDecider()
    noteServingProgress()
    prefillReservation.release()
    servingReservation.promptIsDone()
  }

  func sendHeld() {
    guard !relay.held.isEmpty else { return }
    send(relay.held.bytes)
    relay.didSendHeld()
  }

  func send(_ bytes: UnsafeRawBufferPointer) {
    record.answerBytes += bytes.count
    exchange?.write(bytes)
  }
}
