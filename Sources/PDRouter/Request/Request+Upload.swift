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
      passesAuthorization: router.passesAuthorization)
    servingLeg.isRequestOpen = true
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
    let isChunked = exchange.head.framing == .chunked
    if !exchange.body.isEmpty {
      record.requestBytes += exchange.body.count
      if isChunked { sendChunk(exchange.body.bytes) } else { sendUpload(exchange.body.bytes) }
      exchange.dropBody()
    }
    guard exchange.isBodyComplete else { return }
    servingLeg.endRequest()
    guard isChunked else { return }
    router.headScratch.removeAll()
    router.headScratch.appendLastChunk()
    sendUpload(router.headScratch.bytes)
  }

  private func sendUpload(_ bytes: UnsafeRawBufferPointer) {
    withUnsafePointer(to: bytes) { servingLeg.send(UnsafeBufferPointer(start: $0, count: 1)) }
  }

  private func sendChunk(_ bytes: UnsafeRawBufferPointer) {
    router.headScratch.removeAll()
    router.headScratch.appendChunkHead(size: bytes.count)
    let lineEnd: StaticString = "\r\n"
    withUnsafeTemporaryAllocation(of: UnsafeRawBufferPointer.self, capacity: 3) { pieces in
      pieces.initializeElement(at: 0, to: router.headScratch.bytes)
      pieces.initializeElement(at: 1, to: bytes)
      pieces.initializeElement(
        at: 2, to: UnsafeRawBufferPointer(start: lineEnd.utf8Start, count: 2))
      servingLeg.send(UnsafeBufferPointer(pieces))
    }
  }

  func legDidDrain(_ leg: Leg) {
    if leg === servingLeg { passBodyOn() }
  }

  func exchangeDidReceiveBody(_ exchange: Exchange) {
    passBodyOn()
  }
}
