internal import EventLoop
internal import Vocabulary
internal import Wire

// A body that is passed on as it comes, no faster than the worker takes it.
extension Request {
  /// Writes the head of the serving leg, and what has come of the body.
  func beginUpload(to worker: Worker?) {
    guard let exchange, let worker else {
      preconditionFailure("a leg has a client and a worker")
    }
    precondition(fields == nil, "what is read comes whole")
    router.headScratch.removeAll()
    LegRequestHead.append(
      to: &router.headScratch, exchange: exchange, worker: worker, requestID: requestID.bytes,
      body: exchange.head.framing, hints: nil, isPrefill: false, isSplit: false,
      takesTrailers: servingLeg.bringsTrailers && exchange.takesTrailers,
      passesAuthorization: router.passesAuthorization)
    servingLeg.openRequest(isChunked: exchange.head.framing == .chunked)
    // What has been taken from the client cannot be written a second time.
    servingLeg.mayRepeat = false
    withUnsafePointer(to: router.headScratch.bytes) {
      servingLeg.send(UnsafeBufferPointer(start: $0, count: 1))
    }
    hasTakenBody = true
    record.requestBytes = 0
    passBodyOn()
  }

  /// Writes what has come of the body, unless the worker has enough to take.
  func passBodyOn() {
    guard let exchange, servingLeg.isOut, servingLeg.isRequestOpen else { return }
    let limit = router.configuration.limits.clientHighWatermarkBytes
    guard servingLeg.bufferedByteCount <= limit else { return }
    if !exchange.body.isEmpty {
      record.requestBytes += exchange.body.count
      servingLeg.sendBody(exchange.body.bytes)
      exchange.dropBody()
    }
    guard exchange.isBodyComplete else { return }
    router.headScratch.removeAll()
    TrailerFields.append(exchange.trailers.bytes, to: &router.headScratch)
    servingLeg.endRequest(trailers: router.headScratch.bytes)
  }

  func legDidDrain(_ leg: Leg) {
    if leg === servingLeg { passBodyOn() }
  }

  func exchangeDidReceiveBody(_ exchange: Exchange) {
    passBodyOn()
  }
}
