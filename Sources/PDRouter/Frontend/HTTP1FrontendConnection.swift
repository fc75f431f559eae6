internal import EventLoop
internal import Vocabulary
internal import Wire

/// One client's HTTP/1.1 connection: bytes to exchanges, answers to bytes, one request at a time.
///
/// Requests sent ahead wait in `inbox` (bounded, then reading pauses) and are answered in order. An
/// idle connection holds no buffer and no exchange. A client that closes its side while an answer
/// is under way has hung up: waiting for the answer on a half-closed connection is not supported,
/// as with nginx and Envoy. A body that the handler takes in pieces is read while its request is
/// answered, as fast as it is taken. A client whose first bytes or first words are HTTP/2's is
/// handed over to an `HTTP2FrontendConnection`. Confined to its loop; owned by the front end until
/// `streamDidClose`.
/// Receiving is in this file, answering and deadlines in `HTTP1FrontendConnection+Answering`.
final class HTTP1FrontendConnection {
  enum State {
    case idle
    case readingHead
    case readingBody
    case answering
    /// An error was sent and the client is given time to read it; what it sends is thrown away.
    case lingering
    case closed
  }

  /// How the answer's body is delimited.
  enum AnswerFraming {
    case length, chunked, untilClose, suppressed
  }

  let stream: any ByteStream
  let frontend: Frontend
  let timer: any LoopTimer
  var state = State.idle
  var parser: HTTP1RequestParser
  /// Whether the body that is being read is handed over in pieces.
  private var takesPieces = false
  /// Whether the body of the request that is being answered is still coming.
  var isReceivingBody = false
  /// Whether the bytes being read lie in the exchange's body already, at its end.
  private var readsInPlace = false
  /// Bytes of that body so far.
  var receivedByteCount = 0
  /// Of these, the ones that came before `bodyBeganAt`.
  var untimedByteCount = 0
  var decoder: HTTP1BodyDecoder
  var inbox = ByteBuffer()
  var exchange: Exchange?
  var framing = AnswerFraming.length
  var keepsAlive = true
  var isProcessing = false
  var isPaused = false
  /// Whether the deadline of the head being read is running.
  var isHeadTimed = false
  /// When the body being read began.
  var bodyBeganAt = Instant.zero
  /// Requests received so far.
  var requestCount = 0
  /// Who speaks HTTP/2 with the client from now on, until it has the bytes that have come.
  var successor: HTTP2FrontendConnection?
  /// Bytes of the last answer that the client had not taken when the timer was armed last.
  var untakenByteCount = 0
  /// When some of them were seen to have been taken.
  var takenAt = Instant.zero
  /// Bytes that the client has been given to take since the answer under way began, and as many as
  /// it was seen to have taken.
  var writtenByteCount = 0
  var takenByteCount = 0

  init(stream: any ByteStream, frontend: Frontend) {
    self.stream = stream
    self.frontend = frontend
    timer = stream.loop.makeTimer()
    parser = HTTP1RequestParser(limits: frontend.messageLimits)
    decoder = HTTP1BodyDecoder(framing: .none, limits: frontend.messageLimits)
  }

  /// Closes the connection whatever it is doing.
  func closeNow() {
    loseExchange()
    state = .closed
    stream.close()
  }
}

// MARK: - Beginning and ending

extension HTTP1FrontendConnection: FrontendConnection {
  var untakenBodyByteCount: Int { exchange?.body.count ?? 0 }

  func start() {
    stream.handler = self
    timer.arm(after: frontend.timeouts.clientIdle, for: self)
  }

  func closeIfIdle() {
    guard case .idle = state else { return }
    if stream.bufferedByteCount > 0 { linger() } else { closeNow() }
  }

  func abort() {
    stream.flush()
    closeNow()
  }

  func cutShort() {
    if case .answering = state, let exchange {
      keepsAlive = false
      exchange.observer?.exchangeMustEnd(exchange)
    }
    guard stream.bufferedByteCount > 0 else { return closeNow() }
    loseExchange()
    state = .closed
    stream.closeAfterFlush()
  }
}

// MARK: - Receiving

extension HTTP1FrontendConnection: ByteStreamHandler {
  func streamDidConnect(_ stream: any ByteStream) {}

  /// The rest of a large body is read to where it is gathered.
  func streamRoom(_ stream: any ByteStream) -> UnsafeMutableRawBufferPointer? {
    readsInPlace = false
    guard case .readingBody = state, !takesPieces, inbox.isEmpty, let exchange else { return nil }
    let count = min(decoder.countedBytesLeft, 256 * 1024)
    guard count >= 16 * 1024 else { return nil }
    let room = exchange.body.appendUninitialized(count)
    // Not before they have come.
    exchange.body.removeLast(count)
    readsInPlace = true
    return UnsafeMutableRawBufferPointer(start: room, count: count)
  }

  func stream(_ stream: any ByteStream, didRead bytes: UnsafeRawBufferPointer) {
    switch state {
    case .lingering, .closed: return
    case .answering where !isReceivingBody: keepForLater(bytes)
    case .idle, .readingHead, .readingBody, .answering:
      guard inbox.isEmpty else {
        inbox.append(bytes)
        processInbox()
        return
      }
      let used = process(bytes)
      if used < bytes.count { keepForLater(UnsafeRawBufferPointer(rebasing: bytes[used...])) }
    }
  }

  func streamDidReadEnd(_ stream: any ByteStream) {
    switch state {
    case .idle, .lingering:
      // The last answer may still be on its way, perhaps written in this very wake-up.
      state = .closed
      if stream.bufferedByteCount > 0 { stream.closeAfterFlush() } else { stream.close() }
    case .readingHead, .readingBody, .answering: closeNow()
    case .closed: break
    }
  }

  func streamDidDrain(_ stream: any ByteStream) {
    if let exchange, case .answering = state { exchange.observer?.exchangeDidDrain(exchange) }
  }

  func streamDidClose(_ stream: any ByteStream, reason: StreamCloseReason) {
    loseExchange()
    state = .closed
    timer.cancel()
    stream.handler = nil
    frontend.connectionDidClose(self)
  }

  private func keepForLater(_ bytes: UnsafeRawBufferPointer) {
    switch state {
    case .lingering, .closed: return
    case .idle, .readingHead, .readingBody, .answering: break
    }
    inbox.append(bytes)
    guard case .answering = state, inbox.count > frontend.limits.pipelinedBytes else { return }
    isPaused = true
    stream.pauseReading()
  }

  func processInbox() {
    // The bytes move out: an answer given meanwhile may end the connection and drop the inbox.
    var gathered = ByteBuffer()
    swap(&gathered, &inbox)
    let used = process(gathered.bytes)
    switch state {
    case .lingering, .closed: return
    case .idle, .readingHead, .readingBody, .answering: break
    }
    gathered.removeFirst(used)
    if !gathered.isEmpty { swap(&gathered, &inbox) }
    resumeIfPaused()
  }

  /// Reads again once what was sent ahead is within its limit, or more of it is needed to go on.
  private func resumeIfPaused() {
    guard isPaused, !isReceivingBody else { return }
    if case .answering = state, inbox.count > frontend.limits.pipelinedBytes { return }
    isPaused = false
    stream.resumeReading()
  }

  /// Takes requests out of `bytes` until one is being answered or more bytes are needed.
  ///
  /// - Returns: how many bytes are done with.
  private func process(_ bytes: UnsafeRawBufferPointer) -> Int {
    isProcessing = true
    defer { isProcessing = false }
    var offset = 0
    do throws(WireError) {
      while try advance(bytes, &offset) {}
    } catch {
      if isReceivingBody, !stopReceivingBody() { return bytes.count }
      if let used = readPreface(bytes) { return used }
      refuse(status: error.status, "The request is not proper HTTP: \(error.message).")
      return bytes.count
    }
    guard successor != nil else { return offset }
    giveSuccessor(UnsafeRawBufferPointer(rebasing: bytes[offset...]))
    return bytes.count
  }

  /// One step: a head, a piece of body, or nothing (false) until more bytes come.
  private func advance(
    _ bytes: UnsafeRawBufferPointer, _ offset: inout Int
  ) throws(WireError) -> Bool {
    switch state {
    case .idle:
      guard offset < bytes.count else { return false }
      exchange = frontend.takeExchange()
      parser.reset()
      isHeadTimed = false
      state = .readingHead
      return try readHead(bytes, &offset)
    case .readingHead: return try readHead(bytes, &offset)
    case .readingBody: return try readBody(bytes, &offset)
    case .answering where isReceivingBody: return try receiveBody(bytes, &offset)
    case .answering, .lingering, .closed: return false
    }
  }

  private func readHead(
    _ bytes: UnsafeRawBufferPointer, _ offset: inout Int
  ) throws(WireError) -> Bool {
    guard let exchange else { preconditionFailure("a head is read into an exchange") }
    let rest = UnsafeRawBufferPointer(rebasing: bytes[offset...])
    guard
      let length = try parser.parse(
        rest, into: &exchange.head, keeping: &exchange.headBytes, memo: &exchange.headMemo)
    else {
      // The deadline runs from the head's first byte: it is armed once, not moved by later bytes.
      if !isHeadTimed { timer.arm(after: frontend.timeouts.requestHead, for: self) }
      isHeadTimed = true
      return false
    }
    exchange.hasHead = true
    offset += length
    if !hasWhole(exchange, bytes, &offset) {
      beginBody(of: exchange, hasMore: offset < bytes.count)
    }
    return true
  }

  /// Takes a body of known length that has come with its head, as most do.
  private func hasWhole(
    _ exchange: Exchange, _ bytes: UnsafeRawBufferPointer, _ offset: inout Int
  ) -> Bool {
    guard case .length(let length) = exchange.head.framing, length > 0,
      length <= bytes.count &- offset, length <= frontend.limits.requestBodyBytes
    else { return false }
    let end = offset &+ length
    exchange.body.append(UnsafeRawBufferPointer(rebasing: bytes[offset..<end]))
    offset = end
    requestIsComplete(exchange)
    return true
  }

  private func beginBody(of exchange: Exchange, hasMore: Bool) {
    switch exchange.head.framing {
    case .none, .length(0):
      requestIsComplete(exchange)
      return
    case .length(let length):
      guard length <= frontend.limits.requestBodyBytes else {
        refuseBody()
        return
      }
    case .chunked: break
    case .untilClose: preconditionFailure("a request never lasts until the end of the connection")
    }
    decoder = HTTP1BodyDecoder(framing: exchange.head.framing, limits: frontend.messageLimits)
    bodyBeganAt = frontend.now
    if exchange.head.expectsContinue, !hasMore {
      let interim: StaticString = "HTTP/1.1 100 Continue\r\n\r\n"
      stream.write(
        UnsafeRawBufferPointer(start: interim.utf8Start, count: interim.utf8CodeUnitCount))
    }
    state = .readingBody
    takesPieces = frontend.mayTakePieces(exchange)
    if !takesPieces { Frontend.reserve(exchange) }
  }

  private func readBody(
    _ bytes: UnsafeRawBufferPointer, _ offset: inout Int
  ) throws(WireError) -> Bool {
    guard let exchange else { preconditionFailure("a body is read into an exchange") }
    switch try decoder.next(bytes, &offset) {
    case .data(let range):
      guard exchange.body.count + range.count <= frontend.limits.requestBodyBytes else {
        refuseBody()
        return false
      }
      if readsInPlace {
        let place = exchange.body.appendUninitialized(range.count)
        precondition(
          bytes.baseAddress == UnsafeRawPointer(place), "the room is where the body goes on")
      } else {
        exchange.body.append(UnsafeRawBufferPointer(rebasing: bytes[range]))
      }
      return true
    case .end:
      requestIsComplete(exchange)
      return true
    case .needMore:
      timer.arm(after: timeForMore(after: exchange.body.count), for: self)
      // Not before its first bytes: they may say which model the request is for.
      if takesPieces, !exchange.body.isEmpty { beginReceiving(exchange) }
      return false
    }
  }

  /// How long the next byte of the body may be waited for.
  func timeForMore(after byteCount: Int) -> Duration {
    frontend.timeForMore(after: byteCount, elapsed: frontend.now - bodyBeganAt)
  }

  private func requestIsComplete(_ exchange: Exchange) {
    requestCount &+= 1
    if exchange.head.asksForUpgrade, upgrade(exchange) { return }
    state = .answering
    let isLast = requestCount == frontend.limits.requestsPerConnection
    keepsAlive = exchange.head.keepsAlive && !frontend.isDraining && !isLast
    exchange.receivedAt = frontend.now
    exchange.transport = self
    frontend.handler.handle(exchange)
  }

  func loseExchange() {
    guard let lost = exchange else { return }
    exchange = nil
    lost.loseClient()
  }
}
