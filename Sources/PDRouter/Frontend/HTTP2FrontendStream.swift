internal import EventLoop
internal import Vocabulary
internal import Wire

/// One request on a client's HTTP/2 connection, and the answer to it.
///
/// The same limits, deadlines and refusals as on HTTP/1.1, but what ends a connection there ends
/// only the stream here. A body that is gathered gives its window back as it comes; one that is
/// taken in pieces as it is taken, which is all of its back-pressure. Joined to one stream after
/// another, of any connection of its front end. Confined to its loop.
final class HTTP2FrontendStream {
  enum State {
    /// Belongs to no connection.
    case spare
    case readingBody
    case answering
    /// The answer was given and is still on its way out.
    case answered
  }

  private(set) var id = HTTP2StreamID.connection
  private(set) var state = State.spare
  /// Whether it was ended from this side before its time.
  private(set) var isReset = false
  private unowned let frontend: Frontend
  private let loop: any Loop
  private let timer: any LoopTimer
  private var connection: HTTP2FrontendConnection?
  private var exchange: Exchange?
  /// Whether the body is handed over in pieces, and is still coming while its request is answered.
  private var takesPieces = false
  private var isReceivingBody = false
  /// Whether the client has sent all of its request.
  private var isRequestComplete = false
  /// Whether the client waits to be told to send its body.
  private(set) var expectsContinue = false
  /// When the body began, or was waited for anew; bytes of it, and those that came before that.
  private var bodyBeganAt = Instant.zero
  private var receivedByteCount = 0
  private var untimedByteCount = 0
  /// Bytes that were not taken yet, and so not given back to the window.
  private var untakenByteCount = 0
  /// Whether the window is so full that the client cannot be blamed for silence.
  private var isPaused = false
  /// Whether the answer has no body whatever is written.
  private var isSuppressed = false
  /// Bytes written to the answer, how many of them had become frames, and when that was seen.
  private var writtenByteCount = 0
  private var takenByteCount = 0
  private var takenAt = Instant.zero

  init(frontend: Frontend, loop: any Loop) {
    self.frontend = frontend
    self.loop = loop
    timer = loop.makeTimer()
  }

  /// Whether the answer has been given, if not taken.
  var isAnswered: Bool { state == .answered }

  /// Bytes of the request's body that wait to be taken.
  var untakenBodyByteCount: Int { exchange?.body.count ?? 0 }

  private var session: HTTP2Session {
    guard let connection else { preconditionFailure("a live stream has a connection") }
    return connection.session
  }

  /// Becomes stream `id` of `connection`.
  func join(_ connection: HTTP2FrontendConnection, as id: HTTP2StreamID) {
    precondition(state == .spare && exchange == nil, "a stream is joined when it is spare")
    self.connection = connection
    self.id = id
    state = .readingBody
    isReset = false
    takesPieces = false
    isReceivingBody = false
    isRequestComplete = false
    expectsContinue = false
    receivedByteCount = 0
    untimedByteCount = 0
    untakenByteCount = 0
    isPaused = false
    isSuppressed = false
    writtenByteCount = 0
    takenByteCount = 0
  }

  /// The stream is closed on both sides, or its connection gone.
  func isOver() {
    precondition(state != .spare, "a stream is over once")
    timer.cancel()
    state = .spare
    connection = nil
    isReceivingBody = false
    loseExchange()
  }

  // MARK: - The request

  /// Takes the head of a request.
  func begin(endsStream: Bool) {
    let exchange = frontend.takeExchange()
    self.exchange = exchange
    session.takeRequestHead(of: id, into: &exchange.head, bytes: &exchange.headBytes)
    guard !endsStream else { return requestIsComplete(exchange) }
    if case .length(let length) = exchange.head.framing, length > frontend.limits.requestBodyBytes {
      return refuse(status: 413, frontend.largeBodyMessage)
    }
    bodyBeganAt = loop.now
    timer.arm(after: frontend.timeouts.requestBodyIdle, for: self)
    expectsContinue = exchange.head.expectsContinue
    takesPieces = frontend.mayTakePieces(exchange)
    if !takesPieces { Frontend.reserve(exchange) }
  }

  /// Takes over the request that asked for HTTP/2.
  func begin(upgraded exchange: Exchange) {
    self.exchange = exchange
    requestIsComplete(exchange)
  }

  /// Answers a head that is no acceptable request.
  func refuse(_ error: WireError) {
    refuse(status: error.status, "The request is not proper HTTP: \(error.message).")
  }

  /// Tells the client to send its body.
  func tellToContinue() {
    expectsContinue = false
    if state == .readingBody { session.submitInterim(id, status: 100) }
  }

  /// Takes a piece of the body.
  func receive(_ bytes: UnsafeRawBufferPointer) {
    guard state == .readingBody || isReceivingBody, let exchange else { return }
    expectsContinue = false
    receivedByteCount += bytes.count
    guard receivedByteCount <= frontend.limits.requestBodyBytes else {
      if mayRefuse() { refuse(status: 413, frontend.largeBodyMessage) }
      return
    }
    exchange.body.append(bytes)
    let elapsed = loop.now - bodyBeganAt
    timer.arm(
      after: frontend.timeForMore(after: receivedByteCount - untimedByteCount, elapsed: elapsed),
      for: self)
    guard takesPieces else { return session.consume(id, bytes.count) }
    untakenByteCount += bytes.count
    if state == .readingBody {
      // Not before its first bytes: they may say which model the request is for.
      if !exchange.body.isEmpty { beginReceiving(exchange) }
    } else {
      exchange.observer?.exchangeDidReceiveBody(exchange)
    }
    pauseIfUntaken()
  }

  /// Takes the fields that followed the body.
  func receiveTrailers() {
    guard state == .readingBody || isReceivingBody, let exchange else {
      var dropped = ByteBuffer()
      return session.takeTrailers(of: id, into: &dropped)
    }
    session.takeTrailers(of: id, into: &exchange.trailers)
  }

  /// The request is complete.
  func receiveEnd() {
    isRequestComplete = true
    guard let exchange else { return }
    if state == .readingBody { return requestIsComplete(exchange) }
    guard isReceivingBody else { return }
    isReceivingBody = false
    if exchange.hasBegun { watchAnswer() } else { timer.cancel() }
    exchange.isBodyComplete = true
    exchange.observer?.exchangeDidReceiveBody(exchange)
  }

  private func requestIsComplete(_ exchange: Exchange) {
    isRequestComplete = true
    timer.cancel()
    handOver(exchange)
  }

  /// Hands the request over with what has come of its body.
  private func beginReceiving(_ exchange: Exchange) {
    isReceivingBody = true
    exchange.isBodyComplete = false
    handOver(exchange)
  }

  private func handOver(_ exchange: Exchange) {
    state = .answering
    exchange.receivedAt = loop.now
    exchange.transport = self
    frontend.handler.handle(exchange)
  }

  /// A client that has filled half of its window is not blamed for silence.
  private func pauseIfUntaken() {
    guard isReceivingBody, !isPaused,
      untakenByteCount > frontend.sessionSettings.initialWindowBytes / 2
    else { return }
    isPaused = true
    timer.cancel()
  }

  func bodyWasTaken(_ exchange: Exchange) {
    guard self.exchange === exchange, isReceivingBody else { return }
    let taken = untakenByteCount - exchange.body.count
    guard taken > 0 else { return }
    untakenByteCount -= taken
    session.consume(id, taken)
    connection?.needsOutput()
    guard isPaused else { return }
    isPaused = false
    // The pause was the worker's: the client's time begins anew.
    bodyBeganAt = loop.now
    untimedByteCount = receivedByteCount
    timer.arm(after: frontend.timeouts.requestBodyIdle, for: self)
  }

  /// Whether the client can still be told that its request is refused; its stream is reset if not.
  private func mayRefuse() -> Bool {
    guard isReceivingBody else { return true }
    let canTell = exchange?.hasBegun == false
    isReceivingBody = false
    loseExchange()
    if !canTell { reset(.cancel) }
    return canTell
  }

  private func loseExchange() {
    guard let lost = exchange else { return }
    exchange = nil
    let observer = lost.observer
    lost.observer = nil
    let wasLive = lost.transport != nil
    lost.transport = nil
    if wasLive { observer?.exchangeDidLoseClient(lost) }
  }

  /// Ends the stream before its time.
  private func reset(_ code: HTTP2ErrorCode) {
    isReset = true
    state = .answered
    timer.cancel()
    frontend.http2Figures.resetsByRouter &+= 1
    connection?.session.reset(id, code)
    connection?.needsOutput()
  }
}

// MARK: - The answer

extension HTTP2FrontendStream: ExchangeTransport {
  var bufferedByteCount: Int { session.bufferedByteCount(id) }

  func begin(_ exchange: Exchange, status: Int, fields: UnsafeRawBufferPointer, length: Int?) {
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
    exchange.transport = nil
    exchange.observer = nil
    frontend.giveBack(exchange)
  }

  /// Answers what is no acceptable request; the rest of it is not looked at.
  private func refuse(status: Int, _ message: String) {
    frontend.handler.didRefuse(status: status)
    var body = ByteBuffer(capacity: 256)
    ErrorAnswer.append(
      RouterError(.badRequest(status: status), origin: .client, message: message), to: &body)
    frontend.headScratch.removeAll()
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
  private func watchAnswer() {
    timer.arm(after: frontend.timeouts.answerStall / 4, for: self)
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
