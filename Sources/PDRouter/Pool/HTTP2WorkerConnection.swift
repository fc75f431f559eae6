internal import EventLoop
internal import Vocabulary
internal import Wire

/// One HTTP/2 connection to a worker: carries as many legs as the worker allows, a stream each.
///
/// Owns the session and the streams; confined to its loop; kept alive by its socket. Legs wait here
/// while it connects. What legs write becomes frames once a wake-up, and no more of them than the
/// socket takes: the rest stays with the streams, whose watermarks stop who writes. A worker that
/// says GOAWAY gets no new stream and is let to end those it has. Receiving is in
/// `HTTP2WorkerConnection+Receiving`, the end of everything in `HTTP2WorkerConnection+Ending`.
final class HTTP2WorkerConnection {
  enum State {
    case connecting
    case open
    case closed
  }

  let pool: WorkerPool
  let session: HTTP2Session
  var stream: (any ByteStream)?
  var state = State.connecting
  /// Streams that are open, by their numbers.
  var open = OpenStreams<HTTP2WorkerStream>()
  /// Streams that wait for the connection, or for room on it.
  var waiting: [HTTP2WorkerStream] = []
  /// Streams that could not be opened though there was room.
  private var unopened: [HTTP2WorkerStream] = []
  /// Streams that are over, and that something on the stack may still hold.
  private var retired: [HTTP2WorkerStream] = []
  private var resets = ResetAllowance()
  /// Streams opened so far.
  private var openedStreams = 0
  private var isOutputDue = false
  /// Whether events are being told.
  var isDrainingEvents = false
  /// When the worker was last heard, or given its first stream after there was none.
  var lastHeard: Instant
  /// When it was sent a PING, and nothing was heard since.
  private var pingSentAt: Instant?
  /// Whether the worker's SETTINGS have come, so that it does speak HTTP/2.
  var hasSettings = false

  /// A connection that is about to be made.
  init(pool: WorkerPool) {
    self.pool = pool
    session = HTTP2Session(side: .client, settings: HTTP2WorkerConnection.settings)
    lastHeard = pool.now
  }

  /// What workers are told, and what is kept for one stream: 128 KiB of an answer may be on their
  /// way to a client that does not read, and as much of a request before its writer is stopped.
  private static let settings = {
    var settings = HTTP2Settings()
    settings.initialWindowBytes = 128 * 1024
    settings.connectionWindowBytes = 4 * 1024 * 1024
    settings.highWatermarkBytes = 64 * 1024
    settings.lowWatermarkBytes = 16 * 1024
    return settings
  }()

  /// The loop's time.
  var now: Instant { pool.now }

  /// Streams that have a leg.
  var liveCount: Int { open.count + waiting.count + unopened.count }

  /// Takes the stream that `WorkerPool.dial` made for this connection.
  func attach(to stream: any ByteStream) {
    self.stream = stream
  }

  /// Takes a stream that is up already, because both sides chose HTTP/2 on it.
  func adopt(_ stream: any ByteStream) {
    self.stream = stream
    stream.handler = self
    state = .open
    scheduleOutput()
  }

  /// Gives `leg` a stream, counted in the book already.
  func carry(_ leg: Leg, isRepeat: Bool) {
    precondition(state != .closed, "a closed connection is in no book")
    if liveCount == 0 { lastHeard = now }
    let stream = pool.takeSpareStream()
    stream.take(leg, on: self, isRepeat: isRepeat, now: now)
    pool.noteBusy(stream)
    if state == .open, waiting.isEmpty, hasRoom {
      stream.begin(now: now)
    } else {
      waiting.append(stream)
    }
  }

  private var hasRoom: Bool { session.mayOpenStream }

  /// Lets those begin who wait, as far as there is room.
  func beginWaiting() {
    while state == .open, hasRoom, !waiting.isEmpty { waiting.removeFirst().begin(now: now) }
  }

  // MARK: - What streams ask for

  /// Writes a leg's request; its body is complete if it `isWhole`.
  func open(
    _ stream: HTTP2WorkerStream, _ pieces: UnsafeBufferPointer<UnsafeRawBufferPointer>,
    isWhole: Bool
  ) {
    let hasBody = pieces.dropFirst().contains { !$0.isEmpty }
    let id = session.submitRequest(
      head: pieces[0], scheme: pool.worker.url.scheme == .https ? "https" : "http",
      endsStream: isWhole && !hasBody)
    scheduleOutput()
    guard let id else {
      // Its observer is asking right now, and is told at the end of the wake-up.
      unopened.append(stream)
      return
    }
    openedStreams += 1
    if openedStreams == HTTP2WorkerConnection.mostStreams { _ = pool.noteLeaving(self) }
    stream.didOpen(as: id)
    open.append(stream, as: id)
    guard hasBody else { return }
    for piece in pieces.dropFirst() where !piece.isEmpty { session.write(id, piece) }
    if isWhole { session.end(id, trailers: nil) }
  }

  func write(_ bytes: UnsafeRawBufferPointer, on id: HTTP2StreamID) {
    session.write(id, bytes)
    scheduleOutput()
  }

  func end(_ id: HTTP2StreamID, trailers: UnsafeRawBufferPointer) {
    session.end(id, trailers: trailers.isEmpty ? nil : trailers)
    scheduleOutput()
  }

  func consume(_ count: Int, of id: HTTP2StreamID) {
    session.consume(id, count)
    scheduleOutput()
  }

  func bufferedByteCount(of id: HTTP2StreamID) -> Int { session.bufferedByteCount(id) }

  /// Whether all that was written on a stream is in frames and on its way.
  func hasSent(_ id: HTTP2StreamID) -> Bool {
    state == .open && session.hasSentAll(id)
  }

  /// Ends a stream because nobody waits for its answer; the others go on.
  func cancel(_ stream: HTTP2WorkerStream) {
    reset(stream, .cancel)
    stream.detachLeg()
    letGo(of: stream)
  }

  /// Tells the worker that a stream is not needed any more, if it knows of it.
  func reset(_ stream: HTTP2WorkerStream, _ code: HTTP2ErrorCode) {
    guard state == .open, let id = stream.id else { return }
    session.reset(id, code)
    scheduleOutput()
    // Its own stream keeps it in the book for now.
    if !resets.take(now: now) { _ = pool.noteLeaving(self) }
  }

  /// A stream without a leg is none of the connection's any more, and its place is free.
  func letGo(of stream: HTTP2WorkerStream) {
    if let id = stream.id {
      open.remove(id)
    } else {
      waiting.removeAll { $0 === stream }
      unopened.removeAll { $0 === stream }
    }
    pool.noteNotBusy(stream)
    retired.append(stream)
    guard state != .closed else { return }
    scheduleOutput()
    if !pool.endStream(on: self) { closeGracefully() }
  }

  // MARK: - Sending

  /// Frames are made at the end of this wake-up.
  func scheduleOutput() {
    guard !isOutputDue else { return }
    isOutputDue = true
    pool.loop.callAtWakeUpEnd(self)
  }

  /// Makes frames as long as the socket takes them.
  func produce() {
    while let stream, session.wantsOutput,
      stream.bufferedByteCount < HTTP2WorkerConnection.outputWatermark
    {
      pool.scratch.removeAll()
      session.produce(into: &pool.scratch, upTo: HTTP2WorkerConnection.outputPiece)
      guard !pool.scratch.isEmpty else { return }
      stream.write(pool.scratch.bytes)
      // Streams that have room again write more.
      drainEvents(of: UnsafeRawBufferPointer(start: nil, count: 0))
    }
    pool.scratch.removeAll(keepingCapacityUpTo: HTTP2WorkerConnection.keptBytes)
  }

  /// Bytes in the socket's queue above which no more frames are made.
  private static let outputWatermark = 64 * 1024
  /// Bytes of memory kept for the next frames.
  private static let keptBytes = 16 * 1024
  /// Streams after which another connection takes over, well before their numbers run out.
  private static let mostStreams = 1 << 29
  /// Bytes of frames made at once.
  private static let outputPiece = 32 * 1024

  /// Looks about once a second whether a worker that says nothing still lives.
  func look() {
    guard state == .open, liveCount > 0, pool.pingInterval > .zero else { return }
    if let pingSentAt {
      if now - pingSentAt >= pool.pingTimeout { breakDown() }
    } else if now - lastHeard >= pool.pingInterval {
      pingSentAt = now
      session.ping()
      scheduleOutput()
    }
  }

  /// The worker was heard, so it lives.
  func noteHeard() {
    lastHeard = now
    pingSentAt = nil
  }

  /// Takes those out that could not be opened.
  func takeUnopened() -> [HTTP2WorkerStream] {
    var taken: [HTTP2WorkerStream] = []
    swap(&taken, &unopened)
    return taken
  }
}

extension HTTP2WorkerConnection: WakeUpEndHandler {
  func wakeUpWillEnd(_ loop: any Loop) {
    isOutputDue = false
    for stream in retired { pool.giveBack(stream) }
    retired.removeAll(keepingCapacity: true)
    guard state == .open else { return }
    for stream in unopened where stream.leg != nil { refuse(stream) }
    produce()
    if let failure = session.failure { return breakDown(of: failure) }
    beginWaiting()
  }
}
