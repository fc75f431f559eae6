internal import EventLoop
internal import Vocabulary
internal import Wire

/// One request on a client's HTTP/2 connection, and the answer to it.
///
/// The same limits, deadlines and refusals as on HTTP/1.1, but what ends a connection there ends
/// only the stream here. A body that is gathered gives its window back as it comes; one that is
/// taken in pieces as it is taken, which is all of its back-pressure. Joined to one stream after
/// another, of any connection of its front end. Confined to its loop.
/// Receiving is in this file, answering and deadlines in `HTTP2FrontendStream+Answering`.
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
  var state = State.spare
  /// Whether it was ended from this side before its time.
  private(set) var isReset = false
  unowned let frontend: Frontend
  let loop: any Loop
  let timer: any LoopTimer
  var connection: HTTP2FrontendConnection?
  var exchange: Exchange?
  /// Whether the body is handed over in pieces, and is still coming while its request is answered.
  private var takesPieces = false
  var isReceivingBody = false
  /// Whether the client has sent all of its request.
  var isRequestComplete = false
  /// Whether the client waits to be told to send its body.
  private(set) var expectsContinue = false
  /// When the body began, or was waited for anew; bytes of it, and those that came before that.
  private var bodyBeganAt = Instant.zero
  private var receivedByteCount = 0
  private var untimedByteCount = 0
  /// Bytes that were not taken yet, and so not given back to the window.
  private var untakenByteCount = 0
  /// Whether the window is so full that the client cannot be blamed for silence.
  var isPaused = false
  /// Whether the answer has no body whatever is written.
  var isSuppressed = false
  /// Bytes written to the answer, how many of them had become frames, and when that was seen.
  var writtenByteCount = 0
  var takenByteCount = 0
  var takenAt = Instant.zero

  init(frontend: Frontend, loop: any Loop) {
    self.frontend = frontend
    self.loop = loop
    timer = loop.makeTimer()
  }

  /// Whether the answer has been given, if not taken.
  var isAnswered: Bool { state == .answered }

  /// Bytes of the request's body that wait to be taken.
  var untakenBodyByteCount: Int { exchange?.body.count ?? 0 }

  var session: HTTP2Session {
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
    let frontend = frontend
    let exchange = frontend.takeExchange()
    self.exchange = exchange
    exchange.headMemo.forget()
    session.takeRequestHead(of: id, into: &exchange.head, bytes: &exchange.headBytes)
    exchange.hasHead = true
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
    let frontend = frontend
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
  func mayRefuse() -> Bool {
    guard isReceivingBody else { return true }
    let canTell = exchange?.hasBegun == false
    isReceivingBody = false
    loseExchange()
    if !canTell { reset(.cancel) }
    return canTell
  }

  func loseExchange() {
    guard let lost = exchange else { return }
    exchange = nil
    lost.loseClient()
  }

  /// Ends the stream before its time.
  func reset(_ code: HTTP2ErrorCode) {
    isReset = true
    state = .answered
    timer.cancel()
    frontend.http2Figures.resetsByRouter &+= 1
    connection?.session.reset(id, code)
    connection?.needsOutput()
  }
}
