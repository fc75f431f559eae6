internal import EventLoop
internal import Vocabulary
internal import Wire

// The way out: the answer, refusals, and deadlines.
extension HTTP2FrontendStream: ExchangeTransport {
  var bufferedByteCount: Int { session.bufferedByteCount(id) }

  func begin(_ exchange: Exchange, status: Int, fields: UnsafeRawBufferPointer, length: Int?) {
    let frontend = frontend
    frontend.headScratch.removeAll()
    frontend.headScratch.append(fields)
    frontend.headScratch.append(exchange.ownFields.bytes)
    frontend.crossOrigin?.append(
      to: &frontend.headScratch, for: exchange.head, base: exchange.headBytes.bytes)
    isSuppressed = status == 204 || status == 304 || exchange.head.method == .head
    if let length, status != 204 {
      frontend.headScratch.appendField(name: "content-length", value: length)
    }
    session.submitResponse(
      id, status: status, fields: frontend.headScratch.bytes, endsStream: isSuppressed)
    frontend.handler.didAnswer(exchange, status: status)
    takenAt = loop.now
    // Until then the timer is the body's.
    if !isReceivingBody { watchAnswer() }
    // As on HTTP/1.1, what is answered while the front end leaves is the last.
    if frontend.isDraining { connection?.leave() }
    connection?.needsOutput()
  }

  func write(_ exchange: Exchange, _ bytes: UnsafeRawBufferPointer) {
    guard bytes.count > 0, !isSuppressed else { return }
    writtenByteCount &+= bytes.count
    session.write(id, bytes)
    connection?.needsOutput()
  }

  func end(_ exchange: Exchange, trailers: UnsafeRawBufferPointer?) {
    if !isSuppressed { session.end(id, trailers: trailers) }
    if !isRequestComplete { session.refuseRest(of: id) }
    letGo(of: exchange)
    connection?.needsOutput()
  }

  func cut(_ exchange: Exchange) {
    letGo(of: exchange)
    // What was relayed may still be read; the reset says that it is not all.
    connection?.produce()
    if state == .answered { reset(.internalError) }
  }

  func corrupt(_ exchange: Exchange, _ bytes: UnsafeRawBufferPointer) {
    letGo(of: exchange)
    connection?.corrupt(bytes)
  }

  /// What was written became frames.
  func didDrain() {
    if let exchange, state == .answering { exchange.observer?.exchangeDidDrain(exchange) }
  }

  /// The connection ends for good: whoever answers has the last word.
  func endNow() {
    if let exchange, state == .answering { exchange.observer?.exchangeMustEnd(exchange) }
  }

  private func letGo(of exchange: Exchange) {
    precondition(self.exchange === exchange, "an exchange ends once, on its own stream")
    self.exchange = nil
    state = .answered
    isReceivingBody = false
    exchange.letGo()
    frontend.giveBack(exchange)
  }

  /// Answers what is no acceptable request; the rest of it is not looked at.
  func refuse(status: Int, _ message: String) {
    let body = frontend.beginRefusal(status: status, message)
    frontend.headScratch.append("content-type: application/json\r\n")
    frontend.appendRefusalFields(for: exchange)
    frontend.headScratch.appendField(name: "content-length", value: body.count)
    let isToHead = exchange?.head.method == .head
    session.submitResponse(
      id, status: status, fields: frontend.headScratch.bytes, endsStream: isToHead)
    if !isToHead {
      session.write(id, body.bytes)
      session.end(id, trailers: nil)
    }
    session.refuseRest(of: id)
    if let exchange { frontend.giveBack(exchange) }
    exchange = nil
    state = .answered
    takenAt = loop.now
    watchAnswer()
    connection?.needsOutput()
  }
}

// MARK: - Deadlines

extension HTTP2FrontendStream: LoopTimerHandler {
  func timerDidFire(_ timer: any LoopTimer) {
    switch state {
    case .spare: break
    case .readingBody: refuse(status: 408, Frontend.slowMessage)
    case .answering where isReceivingBody:
      if !isPaused, mayRefuse() { refuse(status: 408, Frontend.slowMessage) }
    case .answering, .answered: resetIfStalled()
    }
  }

  /// Looks now and then whether the client takes the answer that is under way.
  func watchAnswer() {
    timer.arm(after: frontend.stallLook, for: self)
  }

  /// Resets the stream if its client has given no window for what waits of its answer within
  /// `answerStall`; what waits for the socket is the connection's business.
  private func resetIfStalled() {
    guard let connection else { return }
    let left = session.bufferedByteCount(id)
    let taken = writtenByteCount &- left
    if left == 0 || taken != takenByteCount {
      if taken != takenByteCount { connection.stallsInARow = 0 }
      takenByteCount = taken
      takenAt = loop.now
    }
    guard loop.now - takenAt >= frontend.timeouts.answerStall else { return watchAnswer() }
    loseExchange()
    reset(.cancel)
    connection.noteStall()
  }
}
