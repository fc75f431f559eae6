internal import EventLoop
internal import Vocabulary
internal import Wire

// A body that is taken in pieces: read while its request is answered, as fast as it is taken.
extension HTTP1FrontendConnection {
  /// Hands the request over with what has come of its body.
  func beginReceiving(_ exchange: Exchange) {
    precondition(!isReceivingBody, "one body is received at a time")
    state = .answering
    requestCount &+= 1
    isReceivingBody = true
    receivedByteCount = exchange.body.count
    untimedByteCount = 0
    keepsAlive = exchange.head.keepsAlive && !frontend.isDraining
    exchange.isBodyComplete = false
    exchange.receivedAt = frontend.now
    exchange.transport = self
    frontend.handler.handle(exchange)
    pauseIfUntaken()
  }

  /// Takes a piece of the body out of `bytes`, or its end.
  ///
  /// - Returns: false when more bytes are needed, or nobody wants them any more.
  func receiveBody(
    _ bytes: UnsafeRawBufferPointer, _ offset: inout Int
  ) throws(WireError) -> Bool {
    guard let exchange else { preconditionFailure("a body is received into an exchange") }
    switch try decoder.next(bytes, &offset) {
    case .data(let range):
      receivedByteCount += range.count
      guard receivedByteCount <= frontend.limits.requestBodyBytes else {
        if stopReceivingBody() { refuseBody() }
        return false
      }
      exchange.body.append(UnsafeRawBufferPointer(rebasing: bytes[range]))
      return true
    case .end:
      keepTrailers(of: exchange, bytes)
      isReceivingBody = false
      if exchange.hasBegun { watchAnswer() } else { timer.cancel() }
      exchange.isBodyComplete = true
      exchange.observer?.exchangeDidReceiveBody(exchange)
      return true
    case .needMore:
      keepTrailers(of: exchange, bytes)
      timer.arm(after: timeForMore(after: receivedByteCount - untimedByteCount), for: self)
      exchange.observer?.exchangeDidReceiveBody(exchange)
      pauseIfUntaken()
      return false
    }
  }

  /// Notes what was just read of the trailer section, which seldom is anything.
  private func keepTrailers(of exchange: Exchange, _ bytes: UnsafeRawBufferPointer) {
    guard !decoder.trailerRange.isEmpty else { return }
    exchange.trailers.append(UnsafeRawBufferPointer(rebasing: bytes[decoder.trailerRange]))
  }

  /// Reads no more while what has come is more than enough.
  private func pauseIfUntaken() {
    // The observer may have ended the exchange.
    guard isReceivingBody, !isPaused, let exchange,
      exchange.body.count > frontend.limits.clientHighWatermarkBytes
    else { return }
    isPaused = true
    timer.cancel()
    stream.pauseReading()
  }

  func bodyWasTaken(_ exchange: Exchange) {
    guard isReceivingBody, isPaused, self.exchange === exchange else { return }
    isPaused = false
    // The pause was the worker's: the client's time begins anew.
    bodyBeganAt = frontend.now
    untimedByteCount = receivedByteCount
    timer.arm(after: frontend.timeouts.requestBodyIdle, for: self)
    stream.resumeReading()
  }

  /// The body cannot be received to its end: whoever answers loses the client.
  ///
  /// - Returns: whether the client can still be told; otherwise the connection is closed.
  func stopReceivingBody() -> Bool {
    precondition(isReceivingBody, "only what is being received is stopped")
    let canTell = exchange?.hasBegun == false
    isReceivingBody = false
    loseExchange()
    if !canTell { closeNow() }
    return canTell
  }
}
