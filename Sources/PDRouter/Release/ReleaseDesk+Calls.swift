internal import EventLoop
internal import KVTransfer
internal import Vocabulary
internal import Wire

// The calls that give handles back: to whom, what they say, and what their ends mean.
extension ReleaseDesk {
  /// Makes the call of an order that `queue.next` gave, or says why not.
  func carryOut(_ order: ReleaseOrder) {
    if let ending = ending(of: order) { return end(order, as: ending) }
    guard let prefill = prefill(of: order) else {
      preconditionFailure("an order without its prefill worker has ended")
    }
    let means = means(of: order.handle)
    switch choose(for: order, prefill, means) {
    case .busy: queue.wait(order)
    case .nobody where isDraining: end(order, as: .expired)
    case .nobody: queue.park(order)
    case .go(let id):
      guard let worker = roster[id] else { preconditionFailure("the chosen one is there") }
      queue.depart(order, to: id, now: router.loop.now)
      call(worker, for: order, prefill, means)
      tellDecode(of: order, prefill, means)
    }
  }

  private func choose(
    for order: ReleaseOrder, _ prefill: Worker, _ means: KVReleaseMeans
  ) -> ReleaseCandidate.Choice {
    guard means != .abortRequest else {
      return queue.hasRoom(at: prefill.id) ? .go(prefill.id) : .busy
    }
    var candidates: [ReleaseCandidate] = []
    // An engine refuses a model that it has not before it looks at the handle.
    let model = order.modelNumber
    let isListed = model.map { name in roster.decode.contains { $0.models?.lists(name) == true } }
    for worker in roster.decode where worker.id != prefill.id && worker.isHealthy {
      guard pairs.isCompatible(prefill, worker) else { continue }
      if let model, isListed == true, worker.models?.lists(model) == false { continue }
      candidates.append(
        ReleaseCandidate(
          id: worker.id, record: queue.record(of: worker, with: order),
          isDraining: pairs.isDraining(worker), isWarm: pairs.isWarm(prefill, worker),
          hasRoom: queue.hasRoom(at: worker.id),
          load: worker.requestsInFlight + queue.calls(at: worker.id)))
    }
    return ReleaseCandidate.choose(among: candidates)
  }

  private func call(
    _ worker: Worker, for order: ReleaseOrder, _ prefill: Worker, _ means: KVReleaseMeans
  ) {
    let call = takeCall()
    call.begin(order, to: worker, prefill: prefill, means)
    call.isCold = means == .rejection && !pairs.isWarm(prefill, worker)
    call.mayBeEarly = means == .rejection && order.mayNotBeMade
    write(call, order)
    counts.calls += 1
    if !send(call) { finish(call, .failed(wasSent: false)) }
  }

  /// Where a call names the request, the decode engine is told as well; nobody waits for it.
  private func tellDecode(of order: ReleaseOrder, _ prefill: Worker, _ means: KVReleaseMeans) {
    guard means == .abortRequest, let id = order.decodeWorker, let decode = roster[id],
      decode.isHealthy
    else { return }
    order.decodeWorker = nil
    let call = takeCall()
    call.begin(nil, to: decode, prefill: prefill, means)
    write(call, order)
    queue.payForExtraCall(now: router.loop.now)
    if !send(call) { retire(call) }
  }

  private func send(_ call: ReleaseCall) -> Bool {
    guard let worker = call.worker else { preconditionFailure("a call goes to somebody") }
    let timeout = call.means == .attachment ? limits.attachmentTimeout : limits.callTimeout
    return call.send(through: router.pool(of: worker), within: timeout)
  }

  // MARK: Ends

  /// A call has ended, by itself or by its time-out.
  func callDidEnd(_ call: ReleaseCall, _ outcome: ReleaseCall.Outcome) {
    finish(call, outcome)
    pump()
    noteIfIdle()
  }

  private func finish(_ call: ReleaseCall, _ outcome: ReleaseCall.Outcome) {
    guard let order = call.order else { return retire(call) }
    switch outcome {
    case .answered(.done(let mechanism)):
      end(order, as: .released(order.reason, by: mechanism))
      if needsSecond(call) { call.pause(for: limits.secondCallDelay) } else { retire(call) }
    case .answered(.notServed): fail(call, order, mayRepeat: true)
    case .failed(let wasSent):
      // Attached twice, a handle that is free already hangs and keeps blocks at the decode engine.
      fail(
        call, order, by: call.worker, wasSent: wasSent,
        mayRepeat: call.means != .attachment || !wasSent)
    }
  }

  private func fail(
    _ call: ReleaseCall, _ order: ReleaseOrder, by engine: Worker? = nil, wasSent: Bool = true,
    mayRepeat: Bool
  ) {
    counts.failedCalls += 1
    retire(call)
    // While draining nobody is waited for longer than for an engine that refuses. And whoever
    // attaches near the end of the lease may find it over, and hangs.
    let isCounted = wasSent || isDraining || call.means == .attachment
    let now = router.loop.now
    guard !queue.fail(order, by: engine, wasSent: isCounted, mayRepeat: mayRepeat, now: now)
    else { return }
    counts.givenUp += 1
    if isDraining { end(order, as: .expired) }
  }

  /// An idle decode engine that had never met the prefill engine only shakes hands, and passes the
  /// word on with its next step. One more call is such a step, for all handles of that pair. And
  /// word of a handle that was not made yet may be lost on the prefill engine.
  private func needsSecond(_ call: ReleaseCall) -> Bool {
    let others = liveCalls.filter { $0.order == nil }
    guard others.count < limits.secondCalls else { return false }
    if call.mayBeEarly { return true }
    guard call.isCold, call.worker?.requestsInFlight == 0 else { return false }
    return !others.contains { $0.worker === call.worker && $0.prefill === call.prefill }
  }

  /// The pause before a second call is over.
  func callMayRepeat(_ call: ReleaseCall) {
    guard let worker = call.worker, worker.isHealthy,
      call.mayBeEarly || worker.requestsInFlight == 0
    else {
      retire(call)
      return noteIfIdle()
    }
    counts.secondCalls += 1
    queue.payForExtraCall(now: router.loop.now)
    if !send(call) {
      retire(call)
      noteIfIdle()
    }
  }

  private func takeCall() -> ReleaseCall {
    let call = spareCalls.popLast() ?? ReleaseCall(desk: self, timer: router.loop.makeTimer())
    liveCalls.append(call)
    return call
  }

  private func retire(_ call: ReleaseCall) {
    call.letGo()
    guard let place = liveCalls.firstIndex(where: { $0 === call }) else {
      preconditionFailure("a call ends once")
    }
    liveCalls.remove(at: place)
    if spareCalls.count < limits.callsInFlight { spareCalls.append(call) }
  }

  // MARK: Bytes

  private func write(_ call: ReleaseCall, _ order: ReleaseOrder) {
    guard let worker = call.worker else { preconditionFailure("a call goes to somebody") }
    let number = (router.generator.next(), router.generator.next())
    router.ledger.withParameters(of: order.handle) { parameters in
      KVRelease.appendBody(
        means: call.means, parameters: parameters, model: order.model, number: number,
        chat: order.isChat, to: &call.body)
    }
    call.head.append("POST ")
    call.head.append(worker.url.pathPrefix)
    call.head.append(KVRelease.path(means: call.means, chat: order.isChat))
    call.head.append(" HTTP/1.1\r\n")
    worker.addressFields.withUnsafeBytes { call.head.append($0) }
    call.head.append("user-agent: vllm-router\r\ncontent-type: application/json\r\n")
    call.head.appendField(name: "x-request-id", value: order.requestID)
    if !order.authorization.isEmpty {
      call.head.appendField(name: "authorization", value: order.authorization)
    }
    call.head.appendField(name: "content-length", value: call.body.count)
    call.head.appendHeadEnd()
  }
}
