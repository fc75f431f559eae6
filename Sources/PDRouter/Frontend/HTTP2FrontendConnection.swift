internal import EventLoop
internal import Vocabulary
internal import Wire

/// One client's HTTP/2 connection: bytes to streams, what streams write to bytes.
///
/// Owns the session and the streams until they are closed. What streams write is made into frames
/// at the end of a wake-up, and no more of it than the socket takes: the rest stays with the
/// streams, where each has its watermarks, so one that is slow holds up nobody. A connection
/// without a stream holds no buffer of its own. Ends in good order with two GOAWAYs, the first of
/// which refuses nothing that is under way (RFC 9113 §6.8). Confined to its loop; owned by the
/// front end until `streamDidClose`.
/// Reading is in this file, writing in `+Writing`, time and the end in `+Ending`.
final class HTTP2FrontendConnection {
  /// How far the connection is on its way to its end.
  enum Phase {
    case open
    /// The client was told to open no more streams; when the last one has ended, so has the
    /// connection.
    case leaving
    /// Everything is written and our end sent; the client is given time to take it.
    case lingering
    case closed
  }

  /// Whether HTTP/2 is still spoken.
  var isSpeaking: Bool { phase == .open || phase == .leaving }

  let stream: any ByteStream
  let frontend: Frontend
  let session: HTTP2Session
  let timer: any LoopTimer
  var phase = Phase.open
  /// The live streams, those included whose answer is still on its way out.
  var streams: [HTTP2StreamID: HTTP2FrontendStream] = [:]
  /// The live stream that came last: what comes next is mostly its.
  private var latest: HTTP2FrontendStream?
  /// Requests received so far.
  private var requestCount = 0
  /// Streams whose clients wait to be told to go on, for as long as their events are being read.
  private var expectant: [HTTP2FrontendStream] = []
  /// Whether the end of this wake-up was asked for.
  var isOutputAsked = false
  /// The bytes whose events are being handed on.
  private var input = UnsafeRawBufferPointer(start: nil, count: 0)
  /// Whether that is under way: what it brings about waits for its turn.
  private var isHandingOn = false
  /// When something came last, and when there was no stream last.
  var heardAt: Instant
  var idleSince: Instant
  /// When the client was asked whether it lives, if it has not said anything since.
  var pingedAt: Instant?
  /// When the timer will fire.
  var wakesAt = Instant.distantFuture
  /// When the client is told which stream is its last, if it has not answered our PING before.
  var finishesAt = Instant.distantFuture
  /// When the head that is coming began.
  private(set) var headBeganAt: Instant?
  /// Bytes given to the socket, how many of them it was seen to have taken, and when it was.
  var writtenByteCount = 0
  var takenByteCount = 0
  var takenAt: Instant
  /// Bytes that the socket had not taken when our end was sent, or since.
  var leftByteCount = 0
  /// Answers that stalled since any other was taken from.
  var stallsInARow = 0

  init(stream: any ByteStream, frontend: Frontend) {
    self.stream = stream
    self.frontend = frontend
    session = HTTP2Session(side: .server, settings: frontend.sessionSettings)
    timer = stream.loop.makeTimer()
    heardAt = stream.loop.now
    idleSince = heardAt
    takenAt = heardAt
  }

  /// Takes the settings of a request that asked for HTTP/2; its answer is then the first stream's.
  ///
  /// - Returns: whether they can be taken; nothing has happened if not.
  func takeUpgrade(_ settings: [UInt8], method: HTTPMethod) -> Bool {
    settings.withUnsafeBytes { bytes in
      do throws(HTTP2Error) {
        try session.upgrade(settings: bytes, method: method)
        return true
      } catch {
        return false
      }
    }
  }

  /// Serves the request that came with the upgrade.
  func beginUpgraded(_ exchange: Exchange) {
    open(.upgraded).begin(upgraded: exchange)
    handEventsOn()
    needsOutput()
  }
}

extension HTTP2FrontendConnection: FrontendConnection {
  var untakenBodyByteCount: Int {
    streams.values.reduce(0) { $0 + $1.untakenBodyByteCount }
  }

  func start() {
    stream.handler = self
    frontend.http2Figures.connections += 1
    armTimer()
    needsOutput()
  }
}

// MARK: - Reading

extension HTTP2FrontendConnection: ByteStreamHandler {
  func streamDidConnect(_ stream: any ByteStream) {}

  func stream(_ stream: any ByteStream, didRead bytes: UnsafeRawBufferPointer) {
    guard isSpeaking else { return }
    heardAt = stream.loop.now
    pingedAt = nil
    var fault: HTTP2Error?
    do throws(HTTP2Error) {
      try session.receive(bytes, now: heardAt)
    } catch {
      fault = error
    }
    input = bytes
    handEventsOn()
    input = UnsafeRawBufferPointer(start: nil, count: 0)
    if let fault { return end(by: fault) }
    tellToContinue()
    watchHead()
    needsOutput()
  }

  /// Whether a head is coming that is not complete (or was not acceptable, and is being reset).
  var isHeadComing: Bool { session.openStreams > streams.count }

  /// Notes whether a head is coming; the rest of the connection waits for it.
  private func watchHead() {
    guard isHeadComing else {
      headBeganAt = nil
      return
    }
    if headBeganAt == nil {
      headBeganAt = heardAt
      arm(by: heardAt + frontend.timeouts.requestHead)
    }
  }

  func streamDidReadEnd(_ stream: any ByteStream) {
    // The last answers may still be on their way, perhaps written in this very wake-up.
    if isSpeaking, streams.values.allSatisfy({ $0.isAnswered }) { produce() }
    if phase != .closed, stream.bufferedByteCount > 0, streams.isEmpty { closeAfterFlush() }
    if phase != .closed { closeNow() }
  }

  func streamDidDrain(_ stream: any ByteStream) {
    needsOutput()
  }

  func streamDidClose(_ stream: any ByteStream, reason: StreamCloseReason) {
    phase = .closed
    loseStreams()
    timer.cancel()
    stream.handler = nil
    frontend.http2Figures.connections -= 1
    frontend.connectionDidClose(self)
  }

  /// Hands on what the session has recorded, in order.
  func handEventsOn() {
    guard !isHandingOn else { return }
    isHandingOn = true
    while let event = session.nextEvent() {
      if isSpeaking { take(event) }
    }
    isHandingOn = false
  }

  private func take(_ event: HTTP2Event) {
    switch event {
    case .requestHead(let id, let endsStream): beginRequest(id, endsStream: endsStream)
    case .badHead(let id, let error): open(id).refuse(error)
    case .data(let id, let range):
      stream(id)?.receive(UnsafeRawBufferPointer(rebasing: input[range]))
    case .trailers(let id): stream(id)?.receiveTrailers()
    case .end(let id): stream(id)?.receiveEnd()
    case .closed(let id, let code): close(id, code)
    case .drained(let id): stream(id)?.didDrain()
    case .goAway: leave()
    case .responseHead, .settings, .pong: break
    }
  }

  private func stream(_ id: HTTP2StreamID) -> HTTP2FrontendStream? {
    if let latest, latest.id == id { return latest }
    return streams[id]
  }

  private func open(_ id: HTTP2StreamID) -> HTTP2FrontendStream {
    let stream = frontend.takeStream()
    stream.join(self, as: id)
    streams[id] = stream
    latest = stream
    requestCount &+= 1
    frontend.http2Figures.streamsOpened &+= 1
    frontend.http2Figures.streams += 1
    if requestCount == frontend.limits.requestsPerConnection { leave() }
    if streams.count == 1 { watchLive() }
    return stream
  }

  private func beginRequest(_ id: HTTP2StreamID, endsStream: Bool) {
    let stream = open(id)
    stream.begin(endsStream: endsStream)
    if stream.expectsContinue { expectant.append(stream) }
  }

  private func close(_ id: HTTP2StreamID, _ code: HTTP2ErrorCode) {
    guard let stream = streams.removeValue(forKey: id) else { return }
    if !stream.isReset, code != .noError { frontend.http2Figures.resetsByClients &+= 1 }
    leave(stream)
    if streams.isEmpty { idleSince = self.stream.loop.now }
  }

  /// Lets go of a stream that is over.
  private func leave(_ stream: HTTP2FrontendStream) {
    frontend.http2Figures.streams -= 1
    if latest === stream { latest = nil }
    stream.isOver()
    frontend.giveBack(stream)
  }

  /// Ends every stream: its client is gone.
  func loseStreams() {
    guard !streams.isEmpty else { return }
    let lost = streams
    streams.removeAll()
    // In the order in which they came, so that a world's seed says what happens.
    for (_, stream) in lost.sorted(by: { $0.key < $1.key }) { leave(stream) }
  }

  /// Tells those to go on who wait for that, unless their body has come with the head
  /// (RFC 9110 §10.1.1).
  private func tellToContinue() {
    guard !expectant.isEmpty else { return }
    for stream in expectant where stream.expectsContinue && streams[stream.id] === stream {
      stream.tellToContinue()
    }
    expectant.removeAll()
  }
}
