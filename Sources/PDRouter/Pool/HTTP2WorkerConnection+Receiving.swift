internal import EventLoop
internal import Vocabulary
internal import Wire

// What a worker sends, told to the streams that it is about.
extension HTTP2WorkerConnection: ByteStreamHandler {
  func streamDidConnect(_ stream: any ByteStream) {
    guard state == .connecting else { return }
    let agreed: ApplicationProtocol =
      stream.negotiatedProtocol ?? (pool.worker.url.scheme == .https ? .http1 : .http2)
    pool.noteSpoken(agreed)
    guard agreed == .http2 else { return fallBack() }
    state = .open
    lastHeard = now
    scheduleOutput()
    beginWaiting()
  }

  func stream(_ stream: any ByteStream, didRead bytes: UnsafeRawBufferPointer) {
    guard state == .open else { return }
    noteHeard()
    pool.noteHeard(self)
    var error: HTTP2Error?
    do throws(HTTP2Error) {
      try session.receive(bytes, now: now)
    } catch let failure {
      error = failure
    }
    drainEvents(of: bytes)
    guard state == .open else { return }
    if let error {
      breakDown(of: error)
    } else if session.isOver {
      breakDown()
    } else {
      beginWaiting()
      scheduleOutput()
    }
  }

  func streamDidReadEnd(_ stream: any ByteStream) {
    breakDown()
  }

  func streamDidDrain(_ stream: any ByteStream) {
    if state == .open { scheduleOutput() }
  }

  func streamDidClose(_ stream: any ByteStream, reason: StreamCloseReason) {
    stream.handler = nil
    switch state {
    case .closed: return
    case .open: breakDown()
    case .connecting:
      switch reason {
      case .closedHere: failConnecting(.connectFailed(detail: "closed"))
      case .failed(let error): failConnecting(error)
      }
    }
  }

  /// Tells streams what came; `.data` lies in `bytes`.
  ///
  /// What is recorded while a stream hears of one event is told after it, by the call that is under
  /// way: only that one has the bytes.
  func drainEvents(of bytes: UnsafeRawBufferPointer) {
    guard !isDrainingEvents else { return }
    isDrainingEvents = true
    defer { isDrainingEvents = false }
    // Whoever hears of one event may end the connection.
    while state == .open, let event = session.nextEvent() { take(event, bytes) }
  }

  private func take(_ event: HTTP2Event, _ bytes: UnsafeRawBufferPointer) {
    switch event {
    case .data(let id, let range):
      guard let stream = open[id] else { return }
      let piece = UnsafeRawBufferPointer(rebasing: bytes[range])
      let count = stream.receive(piece, now: now)
      if count > 0, open[id] === stream { session.consume(id, count) }
    case .responseHead(let id, let endsStream):
      if let stream = open[id] { receiveHead(of: stream, id, endsStream) }
    case .badHead(let id, let error):
      if let stream = open[id] { fail(stream, .malformed(error)) }
    case .trailers(let id):
      open[id]?.receiveTrailers(from: session, id, now: now)
    case .end(let id):
      if let stream = open[id] { finish(stream) }
    case .closed(let id, let code):
      if let stream = open[id] { noteClosed(stream, code) }
    case .drained(let id):
      if let leg = open[id]?.leg { leg.observer.legDidDrain(leg) }
    case .settings:
      hasSettings = true
      pool.note(limit: session.remoteMaxConcurrentStreams, of: self)
      sendAwayWaiting()
    case .goAway(_, let code):
      noteGoAway(code)
    case .pong, .requestHead: break
    }
  }

  private func receiveHead(
    of stream: HTTP2WorkerStream, _ id: HTTP2StreamID, _ endsStream: Bool
  ) {
    guard stream.receiveHead(from: session, id, now: now), let leg = stream.leg else {
      reset(stream, .protocolError)
      fail(stream, .malformed(.invalidStatusLine))
      return
    }
    guard !leg.head.isInterim else { return }
    leg.observer.legDidReceiveHead(leg)
    // The observer may have cancelled the leg, and begun it anew on another stream.
    if endsStream, open[id] === stream { finish(stream) }
  }

  /// The answer is complete. It may have come before all of its request was written.
  private func finish(_ stream: HTTP2WorkerStream) {
    guard stream.state == .readingBody else {
      reset(stream, .protocolError)
      fail(stream, .malformed(.invalidStatusLine))
      return
    }
    if !stream.hasSentRequest { reset(stream, .cancel) }
    let leg = stream.detachLeg()
    letGo(of: stream)
    leg.observer.legDidEnd(leg)
  }

  private func noteClosed(_ stream: HTTP2WorkerStream, _ code: HTTP2ErrorCode) {
    // Where the connection fails, each leg hears of that.
    guard session.failure == nil else { return }
    switch (stream.state, code) {
    case (.awaitingHead, .refusedStream): refuse(stream)
    case (.awaitingHead, .http11Required): fail(stream, .notHTTP2)
    case (.readingBody, _): fail(stream, .brokenWithinAnswer)
    default: fail(stream, .brokenBeforeAnswer)
    }
  }

  private func noteGoAway(_ code: HTTP2ErrorCode) {
    if code == .enhanceYourCalm { pool.pingLess() }
    guard pool.noteLeaving(self) else { return closeGracefully() }
    for stream in waiting where stream.leg != nil { refuse(stream) }
  }

  /// More wait than the worker allows, as it has just said: they go elsewhere.
  private func sendAwayWaiting() {
    let room = max(0, session.remoteMaxConcurrentStreams - session.openStreams)
    for stream in waiting.dropFirst(room) where stream.leg != nil { refuse(stream) }
  }
}
