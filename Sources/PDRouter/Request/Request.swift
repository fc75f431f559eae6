internal import EventLoop
internal import JSONFields
internal import KVTransfer
internal import Policies
internal import Vocabulary
internal import Wire

/// The driver of one request: owns its legs, reservations and timer, and runs what the machine
/// says.
///
/// Confined to its loop; reused for one request after another. The decisions are in
/// `RequestStateMachine`; this file and its extensions only turn events into calls of the machine
/// and actions into I/O. `Request+Choosing` picks workers, `Request+Legs` talks to them,
/// `Request+Answering` talks to the client, `Request+Retrying` waits between attempts, and
/// `Request+Deadlines` knows how long things may take.
final class Request {
  /// The loop's router; the cycle with its spare requests is cut when the router ends.
  let router: RouterLoop
  var machine = RequestStateMachine(attempts: 1)
  /// The client, until its answer has ended or it is gone.
  var exchange: Exchange?
  var endpoint = Endpoint.passThrough
  /// What the body says, for routes that are read.
  var fields: JSONFields?
  /// Those of the request before, whose memory the next one takes over.
  private var spareFields: JSONFields?
  var requestID = ByteBuffer()
  var traits = RequestTraits(promptTokens: .zero)
  /// Why this attempt goes the way it does, where the pools are split.
  var wayReason: WayReason?
  var handle: KVHandleID?
  /// This attempt's hand-over, as the connector sees it; nil when the request is served whole.
  var handOver: KVHandOver? { didSet { hasHandOver = handOver != nil } }
  private var hasHandOver = false
  /// The `X-Request-Id` of this attempt's legs, where it is not the request's own.
  var legRequestID = ByteBuffer()
  /// Whether the last attempt failed without a byte delivered, so that another one costs nothing.
  var retryIsFree = true
  /// What stands between the last attempt and the next.
  var course = RetryCourse()
  /// How many decode engines could not use a handle of this request.
  var handOverFailures = 0
  /// How many engines may have died of this request: their connection broke, or they answered 500.
  var suspectedDeaths = 0
  /// What the decider is told of the moment of choice: prompt tokens ahead of this one at prefill,
  /// or at the worker that serves it whole, and the requests there.
  var queuedOnPrefill = TokenCount.zero
  var queuedOnServing = TokenCount.zero
  var decodesBeside = 0
  /// Of the prompt, what lies in the serving worker's cache as far as is known.
  var cachedOnServing = TokenCount.zero
  /// The same of the prefill worker's.
  var cachedOnPrefill = TokenCount.zero
  /// Leading blocks of the prompt that the worker that computes it was to have in its cache,
  /// whether
  /// or not that was believed.
  var predictedBlocks = 0
  /// Whether the two engines have yet to meet.
  var isColdPair = false
  /// When the request's time is over.
  var deadline = Instant.distantFuture
  /// Whether it counts among the requests in flight, which it does from its admission to its end.
  var holdsSlot = false
  var tried = TriedWorkers()
  /// Moves whenever it begins or ends to wait for engines to tell their models.
  var modelWait = 0
  var prefillReservation = Reservation()
  var servingReservation = Reservation()
  let prefillLeg = Leg()
  let servingLeg = Leg()
  var prefillAnswer = ByteBuffer()
  /// Whether this attempt's prefill has answered, and not with an error.
  var hasPrefillAnswered = false
  /// The prefill leg's body: the client's, with the leg's edits.
  var prefillBody = EditedBody()
  /// The serving leg's, which may be made while prefill still waits for its connection.
  var servingBody = EditedBody()
  /// Whether parts of the client's body, taken as they came, are with a worker and nowhere else.
  var hasTakenBody = false
  var prefillHints: PrefillHints?
  var relay: AnswerRelay
  /// The head of the answer that is relayed, read once.
  var servingHead: ServingHead?
  var record = RouteRecord()
  /// Who takes the answer under way in chunks.
  var chunkWriter: (any ChunkWriter)?
  /// Times between tokens of this loop's streams.
  let tokenGaps: LatencyHistogram
  let timer: any LoopTimer

  init(router: RouterLoop) {
    self.router = router
    timer = router.loop.makeTimer()
    tokenGaps = router.metrics.tokenGaps
    relay = AnswerRelay(limit: router.configuration.limits.heldAnswerBytes)
    prefillLeg.belong(to: self)
    servingLeg.belong(to: self)
  }

  /// Takes on a client's request, which was let in and holds a slot; it waited for `queueTime`, if
  /// it did.
  func start(_ exchange: Exchange, endpoint: Endpoint, queueTime: Duration?) {
    adopt(exchange, endpoint, queueTime)
    holdsSlot = true
    do throws(RouterError) {
      try read(exchange)
    } catch {
      perform(machine.refused(error))
      return
    }
    retryIsFree = true
    handOverFailures = 0
    suspectedDeaths = 0
    course.mayWait = router.pinnedPair == nil
    deadline = exchange.receivedAt + router.configuration.timeouts.request
    armTimer()
    chooseForModel()
  }

  /// Takes on a client's request that was not let in, and ends it: with `error`, or without a word
  /// because the client has left.
  func conclude(
    _ exchange: Exchange, endpoint: Endpoint, queueTime: Duration?, with error: RouterError?
  ) {
    adopt(exchange, endpoint, queueTime)
    if let error {
      perform(machine.refused(error))
    } else {
      exchange.observer = nil
      perform(machine.clientLeft())
    }
  }

  private func adopt(_ exchange: Exchange, _ endpoint: Endpoint, _ queueTime: Duration?) {
    precondition(self.exchange == nil, "a request is over before it is used again")
    self.exchange = exchange
    self.endpoint = endpoint
    exchange.observer = self
    machine = RequestStateMachine(attempts: router.configuration.retries.attempts)
    relay.reset(mode: .opaque)
    record.clear()
    record.endpoint = endpoint
    record.receivedAt = exchange.receivedAt
    record.lineTime = queueTime
    record.requestBytes = exchange.body.count
    record.client = exchange.client
    identify(exchange)
  }

  /// Runs actions until one waits for an event.
  func perform(_ first: consuming RequestAction) {
    if first.isNothing { return }
    var action = first
    while true {
      if action.cancels != .none { cancel(action.cancels) }
      if action.changesHandle { settle(action.handle) }
      switch action.step {
      case .wait, .relay: return
      case .relayRejection:
        relayRejection()
        return
      case .choose: action = choose()
      case .chooseDecode: action = chooseDecode()
      case .startPrefill:
        guard let failed = startPrefill() else { return }
        action = failed
      case .startServing:
        guard let failed = startServing() else { return }
        action = failed
      case .fail(let error):
        answer(error)
        return
      case .breakOff(let error):
        breakOff(error)
        return
      case .finish:
        finish(.completed) { $0.end(trailers: servingLeg.trailers.bytes) }
        return
      case .forget, .end:
        finish(.clientGone) { _ in }
        return
      case .leaveClient:
        unwind()
        return
      case .linger:
        unwind()
        timer.arm(after: router.configuration.timeouts.handOverGrace, for: self)
        return
      }
    }
  }

  /// Ends the request: releases what it holds, tells the observers, and lets go of the client with
  /// `farewell` as the very last thing, since the connection may bring its next request at once;
  /// then its slot goes to whoever waits.
  func finish(_ outcome: RouteRecord.Outcome, _ farewell: (Exchange) -> Void) {
    precondition(machine.isOver, "a request is finished when its machine is over")
    precondition(!prefillLeg.isOut && !servingLeg.isOut, "no leg outlives its request")
    timer.cancel()
    endPassingChunks()
    if course.isWaiting { router.stopWaiting(self) }
    course = RetryCourse()
    endModelWait()
    prefillReservation.release()
    servingReservation.release()
    handle = nil
    dropHandOver()
    tried = TriedWorkers()
    dropFields()
    wayReason = nil
    hasTakenBody = false
    prefillAnswer.removeAll(keepingCapacityUpTo: 16 * 1024)
    prefillBody.removeAll()
    servingBody.removeAll()
    record.outcome = outcome
    record.hasUsedUpAttempts = record.attempts >= router.configuration.retries.attempts
    record.tokenEvents = relay.tokenEvents
    record.endedAt = router.loop.now
    router.requestDidEnd(self)
    guard let exchange else { preconditionFailure("a request has a client until its end") }
    self.exchange = nil
    let router = router
    router.giveBack(self)
    farewell(exchange)
    // Not before: whoever is let in writes heads into the buffer that the farewell reads.
    router.admission.admitWaiting()
  }

  /// Whose fault a failure of the serving leg is.
  var servingOrigin: RouterError.Origin { record.prefillWorker == nil ? .worker : .decode }

  /// Goes on without the client, which will not be there to end it: not for long, and not when the
  /// router stops.
  private func unwind() {
    servingLeg.mayRepeat = false
    prefillLeg.mayRepeat = false
    router.noteUnwinding(self)
    deadline = min(deadline, router.loop.now + router.configuration.timeouts.unwinding)
    timer.arm(after: max(.zero, deadline - router.loop.now), for: self)
  }

  /// The router stops and waits no longer.
  func stopUnwinding() {
    perform(machine.routerStops(legs))
  }

  private func cancel(_ legs: RequestAction.Cancels) {
    if legs == .prefill || legs == .both { prefillLeg.cancel() }
    if legs == .serving || legs == .both { servingLeg.cancel() }
  }

  private func settle(_ step: RequestAction.HandleStep) {
    switch step {
    case .none: break
    case .abandon(let id):
      router.ledger.abandonPrefill(id)
      end(id, "abandoned")
    case .takeBack(let id): router.ledger.takeBack(id)
    case .attach(let id): router.ledger.attach(id)
    case .release(let id, let reason):
      guard let order = releaseOrder(id, reason) else { return }
      router.releases.release(order, tried: tried)
    case .recall(let id, let reason):
      nameAhead(id)
      guard let order = releaseOrder(id, reason) else { return }
      router.releases.release(order, tried: tried)
    case .makeSure(let id, let reason):
      guard let order = releaseOrder(id, reason), let decode = servingReservation.worker else {
        return
      }
      router.releases.makeSure(order, decode: decode)
    case .settle(let id, let settlement):
      let outcome = router.ledger.isEmpty(id) ? "empty" : settlement.name
      if settlement == .consumed, !router.ledger.isEmpty(id) { noteTransfer() }
      router.settle(id, as: settlement)
      end(id, outcome)
    }
  }

  /// The request has nothing to do with its handle any more.
  private func end(_ id: KVHandleID, _ outcome: StaticString) {
    precondition(handle == id, "a request has one handle at a time")
    record.handleOutcome = outcome
    handle = nil
  }

  /// Decode has made a token from the handle: the only proof that the pair's transfer works.
  private func noteTransfer() {
    guard let prefill = record.prefillWorker, let decode = record.servingWorker else {
      preconditionFailure("a pair made the handle and used it")
    }
    router.noteTransferSuccess(prefill: prefill.id, decode: decode.id)
  }

  /// Gives a handle whose prefill never answered the parameters it would have had.
  private func nameAhead(_ id: KVHandleID) {
    // Where the legs left together it has them.
    guard router.ledger.stage(of: id) == .prefilling else { return }
    guard let handOver else { preconditionFailure("a prefill leg hands over") }
    router.ledger.holdAhead(
      id, engine: handOver.prefill.identity?.engine, now: router.loop.now
    ) {
      router.connector.appendParameters(of: handOver, to: &$0)
    }
  }

  /// Whether a prefill leg that was written, and is cut, may leave a handle that has a name all the
  /// same.
  var leavesHandle: Bool {
    !hasPrefillAnswered && hasHandOver && router.connector.namesAhead
  }

  /// What the release desk must know to give the handle back; nil when there is nothing to give.
  private func releaseOrder(_ id: KVHandleID, _ reason: KVReleaseReason) -> ReleaseOrder? {
    guard !router.ledger.isEmpty(id) else {
      settle(.settle(id, .spent))
      return nil
    }
    guard let exchange, let fields else { preconditionFailure("a split request has a body") }
    let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
    let body = exchange.body.bytes
    let authorization =
      router.passesAuthorization
      ? exchange.head.fields.first(.authorization) : nil
    let order = ReleaseOrder(
      handle: id, reason: reason, isChat: endpoint == .chatCompletions,
      model: fields[.model].map { UnsafeRawBufferPointer(rebasing: body[$0.range]) } ?? nothing,
      requestID: splitRequestID,
      authorization: authorization?.value.of(exchange.headBytes.bytes) ?? nothing)
    order.mayNotBeMade = leavesHandle
    end(id, "releasing")
    return order
  }

  /// Reads what the pipeline needs to know of the body.
  private func read(_ exchange: Exchange) throws(RouterError) {
    guard endpoint.readsBody else {
      dropFields()
      clearTraits()
      readSession(exchange)
      readModel(exchange)
      return
    }
    do throws(JSONError) {
      let body = exchange.body.bytes
      let fields = try readFields(of: body)
      self.fields = fields
      clearTraits(promptTokens: PromptSize.estimate(fields))
      readSession(exchange)
      readModel(exchange)
      readPrefix(fields, of: body)
      traits.priority = PriorityFields.find(
        in: exchange.head, base: exchange.headBytes.bytes, fields: fields, of: body)
    } catch {
      throw Request.notJSON(error)
    }
  }

  private func readFields(of body: UnsafeRawBufferPointer) throws(JSONError) -> JSONFields {
    guard let spare = spareFields.take() else { return try JSONFields(validating: body) }
    return try JSONFields(validating: body, reusing: spare)
  }

  /// Forgets this attempt's hand-over.
  func dropHandOver() {
    // Looked at first: to put nothing where nothing is takes ten times as long.
    guard hasHandOver else { return }
    handOver = nil
  }

  private func dropFields() {
    if let fields = fields.take() { spareFields = fields }
  }

  /// Begins with the traits of another request, in the memory of the last one's prefix chain.
  private func clearTraits(promptTokens: TokenCount = .zero) {
    if !traits.prefix.hashes.isEmpty { traits.prefix.hashes.removeAll(keepingCapacity: true) }
    traits.promptTokens = promptTokens
    if traits.session != nil { traits.session = nil }
    traits.model = nil
    traits.askedModel = nil
    traits.priority = 0
  }

  /// Reads what may lie in workers' prefix caches, if some policy wants to know.
  private func readPrefix(_ fields: JSONFields, of body: UnsafeRawBufferPointer) {
    guard router.policyNeeds.contains(.prefix), endpoint.generationShape != nil else { return }
    var prefix = PrefixChain()
    swap(&prefix, &traits.prefix)
    let model = router.promptPrefix.model(fields, of: body, named: traits.askedModel)
    traits.prefix = router.promptPrefix.read(
      fields, of: body, for: model, reusing: consume prefix)
    traits.model = model
  }

  /// Reads which session the request belongs to, if some policy wants to know.
  private func readSession(_ exchange: Exchange) {
    guard router.policyNeeds.contains(.session) else { return }
    traits.session = SessionKeyFields.find(
      in: exchange.head, base: exchange.headBytes.bytes, fields: fields, of: exchange.body.bytes)
  }

  /// Takes the client's request id, or makes one.
  private func identify(_ exchange: Exchange) {
    requestID.removeAll()
    router.appendRequestID(of: exchange, to: &requestID)
  }
}

// MARK: - From outside

extension Request: ExchangeObserver {
  func exchangeDidLoseClient(_ exchange: Exchange) {
    record.leftIn = record.stageOfLeaving
    endPassingChunks()
    perform(machine.clientLeft(legs))
  }

  func exchangeDidDrain(_ exchange: Exchange) {
    servingLeg.resumeReading()
  }

  func exchangeMustEnd(_ exchange: Exchange) {
    perform(machine.routerStops(legs))
  }

  /// What the machine must know of the legs when it cuts the request short.
  var legs: RequestStateMachine.Legs {
    let isOneStep = traits.promptTokens.number <= router.configuration.limits.prefillStepTokens
    return RequestStateMachine.Legs(
      prefillWasSent: prefillLeg.wasSent, servingWasSent: servingLeg.wasSent,
      prefillIsShort: isOneStep && exchange?.letsPrefillEnd == true,
      leavesHandle: prefillLeg.isOut && prefillLeg.wasSent && leavesHandle,
      decodeAbortsWhileWaiting: decodeAbortsWhileWaiting)
  }

  private var decodeAbortsWhileWaiting: Bool {
    guard let handle else { return true }
    return router.ledger.withParameters(of: handle) { parameters in
      parameters.isEmpty || router.connector.abortsWhileWaiting(with: parameters)
    }
  }
}
