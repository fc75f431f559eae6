internal import EventLoop
internal import KVTransfer
internal import Policies
internal import Vocabulary

// Picking workers: the policies choose, the reservation makes it count.
extension Request {
  /// Chooses for the whole request: a pair, or one worker.
  func choose() -> RequestAction {
    prefillReservation.release()
    servingReservation.release()
    traits.now = router.loop.now
    if record.admittedAt == nil { record.admittedAt = traits.now }
    precondition(handle == nil, "a handle is settled before the next choice")
    guard mayTryAgain() else {
      return machine.foundNobody(Request.noWorker(role: nil))
    }
    if let pause = pauseIfDue() { return pause }
    wayReason = nil
    guard router.isDisaggregated else { return chooseOne() }
    do throws(RouterError) {
      guard try splits() else { return chooseOne() }
    } catch {
      return machine.refused(error)
    }
    guard !router.ledger.isFull else {
      return machine.foundNobody(
        RouterError(
          .overloaded, origin: .router, message: "The router holds as many KV handles as it may.",
          retryAfterSeconds: 1))
    }
    guard let (prefill, decode) = router.choosePair(for: &traits, except: tried) else {
      // Without a prefill worker that fits a decode worker can still do everything by itself.
      wayReason = WayReason(DisaggregationReason.noPrefillWorker)
      return chooseOne()
    }
    noteCached(on: decode)
    guard isWorthSplitting(prefill, decode),
      knowsRanks(prefill.worker, decode.worker),
      nameHandOver(from: prefill.worker, to: decode.worker)
    else { return serveWhole(decode.worker) }
    cachedOnPrefill = traits.cachedTokens(inBlocks: prefill.cachedBlocks)
    predictedBlocks = prefill.predictedBlocks
    queuedOnPrefill = TokenCount(prefill.worker.tokensInFlight)
    isColdPair = !router.isWarm(prefill.worker, decode.worker)
    prefillReservation.take(
      prefill.worker, traits.promptTokens, isUrgent: traits.isUrgent)
    router.noteRouted(&traits, to: prefill.worker, for: .prefill)
    servingReservation.take(
      decode.worker, traits.promptTokens, isUrgent: traits.isUrgent, isPending: true)
    router.noteRouted(&traits, to: decode.worker, for: .serving)
    noteAttempt()
    record.beginAttempt()
    record.prefillWorker = prefill.worker
    record.servingWorker = decode.worker
    record.reason = prefill.choice.reason.name
    record.wayReason = wayReason
    let handle = router.ledger.beginPrefill(on: prefill.worker.id, now: router.loop.now)
    self.handle = handle
    return machine.chosePair(handle: handle)
  }

  /// Chooses another decode worker for the handle that is held.
  func chooseDecode() -> RequestAction {
    servingReservation.release()
    traits.now = router.loop.now
    guard let handle else { preconditionFailure("a held handle is being placed") }
    guard
      let decode = router.choose(
        .serving, for: &traits, except: tried, pairedWith: prefillReservation.worker)
    else { return machine.foundNobody(Request.noWorker(role: "decode")) }
    noteCached(on: decode)
    servingReservation.take(
      decode.worker, traits.promptTokens, isUrgent: traits.isUrgent)
    router.noteRouted(&traits, to: decode.worker, for: .serving)
    noteAttempt()
    record.attempts += 1
    record.beginServing()
    record.servingWorker = decode.worker
    record.reason = decode.choice.reason.name
    return dispatch(handle, to: decode.worker) ? machine.choseDecode() : machine.handleWasLost()
  }

  /// Hands the handle over to a decode worker.
  ///
  /// - Returns: false when the ledger has settled it instead; it is gone then.
  func dispatch(_ handle: KVHandleID, to decode: Worker) -> Bool {
    switch router.ledger.dispatch(handle, to: decode.id, now: router.loop.now) {
    case .go: return true
    case .leaseExpired: record.handleOutcome = KVSettlement.expired.name
    case .withdrawn(let settlement): record.handleOutcome = settlement.name
    }
    self.handle = nil
    return false
  }

  /// Prepares this attempt's hand-over; false when the connector cannot hand over between the two
  /// now. Engines that find each other by `X-Request-Id` must not meet those of another attempt, or
  /// of another client that chose the same.
  private func nameHandOver(from prefill: Worker, to decode: Worker) -> Bool {
    guard let shape = endpoint.generationShape else {
      preconditionFailure("only what generates is split")
    }
    var handOver = KVHandOver(
      prefill: prefill.peer, decode: decode.peer, shape: shape,
      number: (router.generator.next(), router.generator.next()), requestID: requestID.bytes)
    guard router.connector.canHandOver(handOver) else {
      wayReason = .pairNotReady
      return false
    }
    legRequestID.removeAll()
    router.connector.appendRequestID(of: handOver, to: &legRequestID)
    let meetsOthers = record.attempts > 0 || handOver.prefill.identity != nil
    if legRequestID.isEmpty, meetsOthers, router.connector.pairsByRequestID {
      legRequestID.append(requestID.bytes)
      legRequestID.append("-r")
      legRequestID.append(hexadecimal: UInt(handOver.number.low & 0xFFFF_FFFF))
    }
    handOver.requestID = splitRequestID
    self.handOver = handOver
    return true
  }

  /// Whether the connector can speak of the two as they are, as far as their ranks go.
  private func knowsRanks(_ prefill: Worker, _ decode: Worker) -> Bool {
    guard router.connector.namesRanks, !prefill.ranksAreKnown || !decode.ranksAreKnown else {
      return true
    }
    wayReason = .pairNotReady
    return false
  }

  private func chooseOne() -> RequestAction {
    dropHandOver()
    // Without prefill such an engine can only refuse what is to be generated.
    guard router.decodeCanPrefill || endpoint.generationShape == nil else {
      return findNobody(Request.noWorker(role: "prefill"))
    }
    guard let one = router.choose(.serving, for: &traits, except: tried) else {
      return findNobody(Request.noWorker(role: nil))
    }
    noteCached(on: one)
    return serveWhole(one.worker, chosenFor: one.choice.reason.name)
  }

  private func noteCached(on chosen: LoopWorkers.Chosen) {
    cachedOnServing = traits.cachedTokens(inBlocks: chosen.cachedBlocks)
    predictedBlocks = chosen.predictedBlocks
  }

  private func serveWhole(
    _ worker: Worker, chosenFor reason: StaticString = ""
  ) -> RequestAction {
    dropHandOver()
    queuedOnServing = TokenCount(worker.promptTokensWaiting)
    decodesBeside = worker.requestsInFlight
    servingReservation.take(
      worker, traits.promptTokens, computesPrompt: true, isUrgent: traits.isUrgent)
    router.noteRouted(&traits, to: worker, for: .serving)
    noteAttempt()
    record.beginAttempt()
    record.prefillWorker = nil
    record.servingWorker = worker
    record.reason = wayReason?.name ?? reason
    record.wayReason = wayReason
    return machine.choseOne()
  }

  /// Whether the decider wants this request on two engines; notes why, or why not.
  private func isWorthSplitting(
    _ prefill: LoopWorkers.Chosen, _ decode: LoopWorkers.Chosen
  ) -> Bool {
    guard router.decider.name != .off else {
      let isOpen = router.decodeCanPrefill
      wayReason = WayReason(isOpen ? DisaggregationReason.deciderOff : .cannotPrefill)
      return true
    }
    let (first, second) = (prefill.worker, decode.worker)
    var question = DisaggregationQuestion(
      promptTokens: traits.promptTokens, prefill: first.id, decode: second.id)
    question.cachedOnPrefill = traits.cachedTokens(inBlocks: prefill.cachedBlocks)
    question.cachedOnDecode = cachedOnServing
    question.queuedOnPrefill = TokenCount(first.tokensInFlight)
    question.queuedOnDecode = TokenCount(second.promptTokensWaiting)
    question.activeDecodes = second.requestsInFlight
    question.isColdPair = !router.isWarm(first, second)
    question.decodeCanPrefill = router.decodeCanPrefill
    let verdict = router.decider.decide(question)
    wayReason = WayReason(verdict.reason)
    return verdict.isSplit
  }

  /// Whether this request is split into prefill and decode; notes why not.
  ///
  /// Throws when it cannot be split and decode cannot serve it alone.
  private func splits() throws(RouterError) -> Bool {
    guard let shape = endpoint.generationShape, let fields, let exchange else {
      wayReason = .noGeneration
      return false
    }
    let reason = Disaggregability(of: fields, in: exchange.body.bytes, shape: shape).wholeReason
    guard let reason, !router.connector.allowsSplit(despite: reason) else {
      return true
    }
    guard router.decodeCanPrefill else {
      throw RouterError(
        .badRequest(status: 400), origin: .client,
        message: "Engines of this kind cannot serve such a request over prefill and decode: "
          + "\(reason.name).")
    }
    wayReason = WayReason(reason)
    return false
  }
}
