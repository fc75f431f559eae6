internal import EventLoop
internal import Vocabulary
internal import Wire

/// One HTTP/1.1 connection to a worker: carries one leg at a time, idle in between.
///
/// Confined to its loop; kept alive by its stream. A broken idle connection is simply forgotten;
/// one that breaks before the first byte of an answer is replaced by a fresh one if the leg may
/// repeat.
final class HTTP1WorkerConnection: LegCarrier {
  private enum State {
    case connecting
    case idle
    case awaitingHead
    case readingBody
    case closed
  }

  private let pool: WorkerPool
  private var stream: (any ByteStream)?
  private var state = State.connecting
  private var leg: Leg?
  private var parser = HTTP1ResponseParser(limits: HTTP1Limits())
  private var decoder = HTTP1BodyDecoder(framing: .none, limits: HTTP1Limits())
  /// Whom the body goes to as long as it comes in whole chunks: nobody when the next byte is none
  /// of a chunk's line.
  private var chunkTaker: (any LegChunkTaker)?
  /// An unfinished head.
  private var inbox = ByteBuffer()
  /// An unfinished trailer section.
  private var trailerBytes = ByteBuffer()
  /// Whether it has carried a leg before, so that the peer may have closed it meanwhile.
  private var isReused = false
  private var hasAnswerBytes = false
  /// When the leg began or was written, or the worker was last heard or listened to again.
  private(set) var lastHeard = Instant.zero
  /// Whether nobody listens to the worker, so that its silence means nothing.
  private var isPaused = false
  /// Its place among the pool's busy connections, while it is one.
  var busyPlace = 0
  /// Interim (1xx) heads seen before the answer's own.
  private var interimCount = 0

  /// A connection that will carry `leg` once it is up.
  init(pool: WorkerPool, leg: Leg) {
    self.pool = pool
    self.leg = leg
    leg.carrier = self
    lastHeard = pool.now
    pool.noteBusy(self)
  }

  var bringsTrailers: Bool { false }

  /// Whether the connection is up and nothing of the leg's request waits to be written.
  var hasSentRequest: Bool {
    if case .connecting = state { return false }
    return stream?.bufferedByteCount == 0 && leg?.isRequestOpen != true
  }

  /// Bytes of the leg's request that the worker has not taken yet.
  var bufferedByteCount: Int { stream?.bufferedByteCount ?? 0 }

  /// Whether the leg was written and its answer's head has yet to come.
  var awaitsHead: Bool {
    if case .awaitingHead = state { true } else { false }
  }

  /// Since when the worker has been silent though it was written to and is listened to; nil while
  /// that is not so.
  var silentSince: Instant? {
    switch state {
    case .awaitingHead, .readingBody:
      isPaused || leg?.isRequestOpen == true ? nil : lastHeard
    case .connecting, .idle, .closed: nil
    }
  }

  /// Takes the stream that `Loop.connect` made for this connection.
  func attach(to stream: any ByteStream) {
    self.stream = stream
  }

  /// Carries another leg; precondition: idle.
  func carry(_ leg: Leg) {
    guard case .idle = state else { preconditionFailure("an idle connection is reused") }
    isReused = true
    self.leg = leg
    leg.carrier = self
    pool.noteBusy(self)
    begin(leg)
  }

  /// Writes the leg's request.
  func send(_ pieces: UnsafeBufferPointer<UnsafeRawBufferPointer>) {
    stream?.write(gathering: pieces)
  }

  /// Writes more of its body, as a chunk where its length is unknown.
  func sendBody(_ bytes: UnsafeRawBufferPointer) {
    guard let leg, leg.isRequestChunked else {
      stream?.write(bytes)
      return
    }
    pool.scratch.removeAll()
    pool.scratch.appendChunkHead(size: bytes.count)
    let lineEnd: StaticString = "\r\n"
    withUnsafeTemporaryAllocation(of: UnsafeRawBufferPointer.self, capacity: 3) { pieces in
      pieces.initializeElement(at: 0, to: pool.scratch.bytes)
      pieces.initializeElement(at: 1, to: bytes)
      pieces.initializeElement(
        at: 2, to: UnsafeRawBufferPointer(start: lineEnd.utf8Start, count: 2))
      stream?.write(gathering: UnsafeBufferPointer(pieces))
    }
  }

  /// Ends its body.
  func endRequest(trailers: UnsafeRawBufferPointer) {
    lastHeard = pool.now
    guard let leg, leg.isRequestChunked else { return }
    pool.scratch.removeAll()
    pool.scratch.appendLastChunk(trailers: trailers)
    stream?.write(pool.scratch.bytes)
  }

  /// Stops reading the answer.
  func pauseReading() {
    isPaused = true
    stream?.pauseReading()
  }

  /// Reads the answer again.
  func resumeReading() {
    if isPaused { lastHeard = pool.now }
    isPaused = false
    stream?.resumeReading()
  }

  /// Fails the leg: the worker gives no sign of life.
  func giveUp() {
    guard leg != nil else { return }
    fail(hasAnswerBytes ? .brokenWithinAnswer : .brokenBeforeAnswer)
  }

  /// Forgets the leg and closes the connection under it.
  func cancelLeg() {
    detachLeg()
    pool.endLease(of: self)
    close()
  }

  /// Closes the connection; precondition: no leg.
  func close() {
    precondition(leg == nil, "a connection with a leg is cancelled, not closed")
    state = .closed
    stream?.close()
    stream = nil
  }

  private func begin(_ leg: Leg) {
    state = .awaitingHead
    lastHeard = pool.now
    isPaused = false
    hasAnswerBytes = false
    interimCount = 0
    leg.reset()
    parser.reset(requestMethod: leg.method)
    leg.observer.legIsReady(leg)
  }

  @discardableResult
  private func detachLeg() -> Leg {
    guard let leg else { preconditionFailure("there is a leg to end") }
    self.leg = nil
    chunkTaker = nil
    leg.carrier = nil
    return leg
  }

  private func fail(_ failure: LegFailure) {
    let leg = detachLeg()
    pool.endLease(of: self)
    close()
    leg.observer.leg(leg, didFail: failure)
  }
}

// MARK: - Receiving

extension HTTP1WorkerConnection: ByteStreamHandler {
  func streamDidConnect(_ stream: any ByteStream) {
    guard case .connecting = state, let leg else { return }
    guard stream.negotiatedProtocol != .http2 else {
      detachLeg()
      pool.endLease(of: self)
      state = .closed
      self.stream = nil
      return pool.carry(leg, onHTTP2: stream)
    }
    begin(leg)
  }

  func stream(_ stream: any ByteStream, didRead bytes: UnsafeRawBufferPointer) {
    switch state {
    case .connecting, .closed: return
    case .idle:
      // Bytes that nobody asked for: whatever they are, the next answer cannot be trusted.
      pool.forgetIdle(self)
      close()
    case .awaitingHead, .readingBody:
      hasAnswerBytes = true
      lastHeard = pool.now
      let used = passChunks(bytes)
      guard used < bytes.count else { return }
      do throws(WireError) {
        try receive(UnsafeRawBufferPointer(rebasing: bytes[used...]))
      } catch {
        fail(.malformed(error))
      }
    }
  }

  /// Lets whole chunks be taken as they come, if somebody wants to and the next one begins here.
  private func passChunks(_ bytes: UnsafeRawBufferPointer) -> Int {
    // Moved out and in again, which costs less than counting one more reference.
    guard let taker = chunkTaker.take() else { return 0 }
    let used = taker.takeChunks(bytes, at: lastHeard)
    chunkTaker = taker
    return used
  }

  func streamDidReadEnd(_ stream: any ByteStream) {
    switch state {
    case .connecting, .closed: return
    case .idle:
      pool.forgetIdle(self)
      close()
    case .awaitingHead: breakBeforeAnswer()
    case .readingBody:
      decoder.finish()
      if decoder.isComplete { finishLeg(hasLeftover: true) } else { fail(.brokenWithinAnswer) }
    }
  }

  func streamDidDrain(_ stream: any ByteStream) {
    if let leg { leg.observer.legDidDrain(leg) }
  }

  func streamDidClose(_ stream: any ByteStream, reason: StreamCloseReason) {
    stream.handler = nil
    switch state {
    case .closed: return
    case .connecting:
      fail(.notConnected(HTTP1WorkerConnection.error(of: reason)))
    case .idle:
      pool.forgetIdle(self)
      close()
    case .awaitingHead: breakBeforeAnswer()
    case .readingBody: fail(.brokenWithinAnswer)
    }
  }

  private static func error(of reason: StreamCloseReason) -> StreamError {
    switch reason {
    case .closedHere: .connectFailed(detail: "closed")
    case .failed(let error): error
    }
  }

  /// The worker closed before it answered: on a reused connection that is the race of a keep-alive
  /// limit, and a fresh one is tried at once.
  private func breakBeforeAnswer() {
    guard isReused, !hasAnswerBytes, let leg, leg.mayRepeat else {
      fail(.brokenBeforeAnswer)
      return
    }
    detachLeg()
    pool.endLease(of: self)
    close()
    if !pool.start(leg, fresh: true) { leg.observer.leg(leg, didFail: .poolFull) }
  }

  private func receive(_ bytes: UnsafeRawBufferPointer) throws(WireError) {
    guard case .awaitingHead = state, !inbox.isEmpty else {
      try process(bytes)
      return
    }
    inbox.append(bytes)
    // The unfinished head moves out, so that what the observer does cannot touch it.
    var gathered = ByteBuffer()
    swap(&gathered, &inbox)
    try process(gathered.bytes)
  }

  private func process(_ bytes: UnsafeRawBufferPointer) throws(WireError) {
    var offset = 0
    while let current = leg {
      switch state {
      case .awaitingHead:
        guard try readHead(of: current, bytes, &offset) else { return }
        guard leg === current, case .readingBody = state else { break }
        guard try readBody(of: current, bytes, &offset) else { return }
      case .readingBody:
        guard try readBody(of: current, bytes, &offset) else { return }
      case .connecting, .idle, .closed: return
      }
      // The observer may have cancelled the leg and this connection may carry another one already.
      guard leg === current else { return }
    }
  }

  private func readHead(
    of leg: Leg, _ bytes: UnsafeRawBufferPointer, _ offset: inout Int
  ) throws(WireError) -> Bool {
    let rest = UnsafeRawBufferPointer(rebasing: bytes[offset...])
    guard
      let length = try parser.parse(
        rest, into: &leg.head, keeping: &leg.headBytes, memo: &leg.headMemo)
    else {
      inbox.append(rest)
      return false
    }
    offset += length
    // Three digits that are no status of HTTP (RFC 9110 §15) cannot be passed on as one.
    guard leg.head.status < 600 else { throw .invalidStatusLine }
    if leg.head.isInterim {
      interimCount += 1
      // An engine has no use for more; without a limit it could keep a leg alive for nothing.
      guard interimCount <= 16 else { throw .invalidStatusLine }
      parser.reset(requestMethod: leg.method)
      return offset < bytes.count
    }
    decoder = HTTP1BodyDecoder(framing: leg.head.framing, limits: HTTP1Limits())
    state = .readingBody
    leg.observer.legDidReceiveHead(leg)
    return true
  }

  private func readBody(
    of leg: Leg, _ bytes: UnsafeRawBufferPointer, _ offset: inout Int
  ) throws(WireError) -> Bool {
    chunkTaker = nil
    if let taker = leg.chunkTaker, decoder.steppedToChunk(bytes, &offset) {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[offset...])
      offset += taker.takeChunks(rest, at: lastHeard)
    }
    switch try decoder.next(bytes, &offset) {
    case .data(let range):
      leg.observer.leg(leg, didReceive: UnsafeRawBufferPointer(rebasing: bytes[range]))
      // The observer may have cancelled the leg.
      guard decoder.isComplete, self.leg === leg else { return true }
      finishLeg(hasLeftover: offset < bytes.count)
      return false
    case .end:
      keepTrailers(of: leg, bytes)
      finishLeg(hasLeftover: offset < bytes.count)
      return false
    case .needMore:
      keepTrailers(of: leg, bytes)
      if decoder.isAtChunk { chunkTaker = leg.chunkTaker }
      return false
    }
  }

  /// Notes what was just read of the trailer section, which seldom is anything.
  private func keepTrailers(of leg: Leg, _ bytes: UnsafeRawBufferPointer) {
    guard !decoder.trailerRange.isEmpty else { return }
    trailerBytes.append(UnsafeRawBufferPointer(rebasing: bytes[decoder.trailerRange]))
    guard decoder.isComplete else { return }
    TrailerFields.append(trailerBytes.bytes, to: &leg.trailers)
    trailerBytes.releaseMemory()
  }

  private func finishLeg(hasLeftover: Bool) {
    let leg = detachLeg()
    // An answer may come before all of its request was written.
    let isClean =
      leg.head.keepsAlive && !hasLeftover && !leg.isRequestOpen && stream?.bufferedByteCount == 0
    if isClean, pool.park(self) {
      state = .idle
      if isPaused { stream?.resumeReading() }
    } else {
      if !isClean { pool.endLease(of: self) }
      close()
    }
    leg.observer.legDidEnd(leg)
  }
}
