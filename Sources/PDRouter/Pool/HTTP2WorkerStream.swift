internal import EventLoop
internal import Vocabulary
internal import Wire

/// One stream of an HTTP/2 connection to a worker: carries one leg.
///
/// Knows how far the leg is and what its worker was last heard of; the connection owns it and does
/// what concerns the wire. Used for one leg after another. Confined to its loop.
final class HTTP2WorkerStream: LegCarrier {
  enum State {
    /// The connection is not up, or has no room for another stream.
    case waiting
    case awaitingHead
    case readingBody
    case over
  }

  private(set) var state = State.over
  /// The connection it is a stream of; nil when it is over.
  private(set) var connection: HTTP2WorkerConnection?
  private(set) var leg: Leg?
  /// Its number, once the leg was written.
  private(set) var id: HTTP2StreamID?
  /// Whether the leg was on another connection, which turned out not to take it.
  private(set) var isRepeat = false
  private(set) var lastHeard = Instant.zero
  var busyPlace = 0
  /// Whether nobody listens to the worker, so that its silence means nothing.
  private var isPaused = false
  /// Bytes of the answer that came meanwhile, and for which no window was given back.
  private var unconsumed = 0
  /// Interim (1xx) heads seen before the answer's own.
  private var interimCount = 0

  let bringsTrailers = true

  /// Begins to carry `leg` on `connection`, which will open it.
  func take(_ leg: Leg, on connection: HTTP2WorkerConnection, isRepeat: Bool, now: Instant) {
    precondition(state == .over && self.leg == nil, "a stream carries one leg")
    state = .waiting
    self.connection = connection
    self.leg = leg
    self.isRepeat = isRepeat
    lastHeard = now
    isPaused = false
    unconsumed = 0
    interimCount = 0
    id = nil
    leg.carrier = self
  }

  /// The connection is up and has room: the leg is asked for its request.
  func begin(now: Instant) {
    guard let leg else { preconditionFailure("a stream that waits has a leg") }
    state = .awaitingHead
    lastHeard = now
    leg.reset()
    leg.observer.legIsReady(leg)
  }

  /// The connection has opened it.
  func didOpen(as id: HTTP2StreamID) {
    precondition(self.id == nil, "a stream is opened once")
    self.id = id
  }

  /// Lets go of the leg, of which the observer then hears from whoever ended it.
  @discardableResult
  func detachLeg() -> Leg {
    guard let leg else { preconditionFailure("there is a leg to end") }
    state = .over
    self.leg = nil
    connection = nil
    leg.carrier = nil
    return leg
  }

  // MARK: - What the leg asks for

  var hasSentRequest: Bool {
    guard let id, leg?.isRequestOpen != true else { return false }
    return connection?.hasSent(id) ?? false
  }

  var bufferedByteCount: Int { id.flatMap { connection?.bufferedByteCount(of: $0) } ?? 0 }

  var awaitsHead: Bool { state == .awaitingHead }

  var silentSince: Instant? {
    switch state {
    case .awaitingHead, .readingBody: isPaused || leg?.isRequestOpen == true ? nil : lastHeard
    case .waiting, .over: nil
    }
  }

  func send(_ pieces: UnsafeBufferPointer<UnsafeRawBufferPointer>) {
    precondition(state == .awaitingHead && id == nil, "a request is written once, when asked for")
    connection?.open(self, pieces, isWhole: leg?.isRequestOpen != true)
  }

  func sendBody(_ bytes: UnsafeRawBufferPointer) {
    if let id { connection?.write(bytes, on: id) }
  }

  func endRequest(trailers: UnsafeRawBufferPointer) {
    guard let connection else { return }
    lastHeard = connection.now
    if let id { connection.end(id, trailers: trailers) }
  }

  func pauseReading() {
    isPaused = true
  }

  func resumeReading() {
    guard isPaused, let connection else { return }
    isPaused = false
    lastHeard = connection.now
    let count = unconsumed
    unconsumed = 0
    if let id, count > 0 { connection.consume(count, of: id) }
  }

  func cancelLeg() {
    connection?.cancel(self)
  }

  func giveUp() {
    guard leg != nil else { return }
    connection?.giveUp(self)
  }

  // MARK: - What the worker sends

  /// A head has come; false when it is one too many.
  func receiveHead(from session: HTTP2Session, _ id: HTTP2StreamID, now: Instant) -> Bool {
    guard let leg, state == .awaitingHead else { return false }
    lastHeard = now
    leg.headMemo.forget()
    session.takeResponseHead(of: id, into: &leg.head, bytes: &leg.headBytes)
    // Three digits that are no status of HTTP (RFC 9110 §15) cannot be passed on as one.
    guard (100..<600).contains(leg.head.status) else { return false }
    guard leg.head.isInterim else {
      state = .readingBody
      return true
    }
    interimCount += 1
    // An engine has no use for more; without a limit it could keep a leg alive for nothing.
    return interimCount <= 16
  }

  /// A piece of the body has come: passed on at once, even while nobody reads, for the window
  /// bounds how much that can be.
  ///
  /// - Returns: bytes for which the worker may send as many again.
  func receive(_ bytes: UnsafeRawBufferPointer, now: Instant) -> Int {
    guard let leg, state == .readingBody else { return 0 }
    lastHeard = now
    leg.observer.leg(leg, didReceive: bytes)
    guard isPaused, self.leg === leg else { return bytes.count }
    unconsumed += bytes.count
    return 0
  }

  /// The answer's trailer section has come.
  func receiveTrailers(from session: HTTP2Session, _ id: HTTP2StreamID, now: Instant) {
    guard let leg else { return }
    lastHeard = now
    var lines = ByteBuffer()
    session.takeTrailers(of: id, into: &lines)
    TrailerFields.append(lines.bytes, to: &leg.trailers)
  }
}
