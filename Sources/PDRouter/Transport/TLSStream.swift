internal import EventLoop
internal import Vocabulary
internal import Wire

/// A `ByteStream` that speaks TLS over another one.
///
/// The handler hears `streamDidConnect` once the handshake is complete, also of accepted streams;
/// bytes written before wait for it. Small writes of one wake-up leave in one record, at its end;
/// records hold 16 KiB at most. Owns its session and, until the handshake is over, a timer; an idle
/// stream holds no buffer. What the peer does not take waits in the stream below, whose watermarks
/// are this one's, and is counted in the writer's bytes. Never calls its handler from inside one of
/// its own methods. Confined to its loop.
///
/// Ends are told inside the session (close_notify). A peer that just ends the connection has ended
/// its side where this is the server: requests say themselves how long they are. Where this is the
/// client it is a break, since an answer may end with its connection.
/// Reading is in this file, writing and closing in `TLSStream+Writing`.
final class TLSStream: ByteStream {
  enum Phase {
    /// The connection is coming about.
    case connecting
    case handshaking
    case open
    /// The stream below was told to close, or to once its bytes have left.
    case closing
    case closed
  }

  /// Whose end it is.
  enum Role {
    case server(TLSContext)
    case client(TLSContext, host: String, resumption: TLSResumption?)
  }

  var handler: (any ByteStreamHandler)?
  let loop: any Loop
  let scratch: TLSScratch
  let options: StreamOptions
  var phase: Phase
  /// The stream below; the client's is there from `attach` on.
  var inner: (any ByteStream)?
  /// Made with the first bytes, so that a silent connection costs no session.
  var session: TLSSession?
  private let role: Role
  private weak var witness: (any TLSHandshakeWitness)?
  private var timer: (any LoopTimer)?
  /// Why it ends, when that is not what the stream below will say.
  var closeReason: StreamCloseReason?

  // Reading.
  private var wantsBytes = true
  /// Ciphertext that nobody wanted yet: of one read at most, since reading is paused then.
  private var held = ByteBuffer()
  private var isQueued = false
  private var hasHeard = false
  private var hasReadPlaintext = false
  private var didTellEnd = false
  /// Bytes that the library has made of what came, while the peer took nothing.
  private var unsolicited = 0

  // Writing.
  /// Plaintext that waits for the end of the wake-up, or of the handshake.
  var pending = ByteBuffer()
  var overhead = RecordOverhead()
  var acceptsWrites = true
  var closesWhenOpen = false
  var isAboveHighWatermark = false
  var awaitsWakeUpEnd = false

  /// Such bytes a peer may cause without taking any.
  private static let unsolicitedLimit = 16 * 1024
  /// First messages of more bytes do not wait for their turn.
  private static let largestHello = 17_000

  /// The server's end over an accepted stream, whose watermarks are `options`'; the handshake ends
  /// within `timeout`.
  init(
    accepted inner: any ByteStream, _ context: TLSContext, _ options: StreamOptions,
    timeout: Duration, scratch: TLSScratch, witness: any TLSHandshakeWitness
  ) {
    role = .server(context)
    loop = inner.loop
    self.inner = inner
    self.options = options
    self.scratch = scratch
    self.witness = witness
    phase = .handshaking
    startTimer(timeout)
    inner.handler = self
  }

  /// The client's end of a stream that is to be attached; both are up within `timeout`.
  init(
    _ role: Role, on loop: any Loop, _ options: StreamOptions, timeout: Duration,
    scratch: TLSScratch, witness: any TLSHandshakeWitness, handler: any ByteStreamHandler
  ) {
    self.role = role
    self.loop = loop
    self.options = options
    self.scratch = scratch
    self.witness = witness
    self.handler = handler
    phase = .connecting
    startTimer(timeout)
  }

  /// Takes the stream that `Loop.connect` made, with this one as its handler.
  func attach(to inner: any ByteStream) {
    precondition(self.inner == nil, "a stream lies over one other")
    self.inner = inner
    if phase != .connecting { inner.close() }
  }

  var peerDescription: String { inner?.peerDescription ?? "unknown" }

  var negotiatedProtocol: ApplicationProtocol? {
    switch session?.negotiatedProtocol {
    case .http1?: .http1
    case .http2?: .http2
    case nil: nil
    }
  }

  /// Whether it is the server's end.
  var isServer: Bool {
    if case .server = role { true } else { false }
  }

  /// Whether an earlier session was taken up.
  var isResumed: Bool { session?.isResumed ?? false }

  /// Whether calls still mean something.
  var isLive: Bool {
    switch phase {
    case .connecting, .handshaking, .open: true
    case .closing, .closed: false
    }
  }

  func pauseReading() {
    guard isLive else { return }
    wantsBytes = false
    if phase == .open { inner?.pauseReading() }
  }

  func resumeReading() {
    guard isLive else { return }
    wantsBytes = true
    guard phase == .open else { return }
    if hasUntold { callAtWakeUpEnd() } else { inner?.resumeReading() }
  }

  private func startTimer(_ timeout: Duration) {
    let timer = loop.makeTimer()
    self.timer = timer
    timer.arm(after: timeout, for: self)
  }

  private func endTimer() {
    timer?.cancel()
    timer = nil
  }
}

// MARK: - From the stream below

extension TLSStream: ByteStreamHandler {
  func streamDidConnect(_ stream: any ByteStream) {
    guard phase == .connecting else { return }
    phase = .handshaking
    let session = makeSession()
    do throws(TLSFailure) {
      try session.start(sending: &scratch.ciphertext)
      handOver(plaintext: 0)
    } catch {
      fail(error)
    }
  }

  func stream(_ stream: any ByteStream, didRead bytes: UnsafeRawBufferPointer) {
    guard isLive else { return }
    guard !isQueued, phase == .handshaking || wantsBytes else {
      held.append(bytes)
      return
    }
    if !hasHeard, isServer, bytes.count <= TLSStream.largestHello {
      guard witness?.mayBegin(self) ?? true else {
        isQueued = true
        held.append(bytes)
        inner?.pauseReading()
        return
      }
    }
    process(bytes)
  }

  func streamDidReadEnd(_ stream: any ByteStream) {
    guard isLive, !didTellEnd else { return }
    do throws(TLSFailure) {
      // Without a byte there was no handshake: whoever checks that the port is open.
      guard hasHeard || !isServer else { return close() }
      try session?.endTransport()
    } catch {
      guard error == .truncated, isServer else { return fail(error) }
    }
    tellEnd()
  }

  func streamDidDrain(_ stream: any ByteStream) {
    unsolicited = 0
    guard phase == .open else { return }
    tellDrain()
  }

  func streamDidClose(_ stream: any ByteStream, reason: StreamCloseReason) {
    let wasShaking = phase == .handshaking
    phase = .closed
    endTimer()
    let last = handler
    handler = nil
    if wasShaking, case .failed(let error) = reason, hasHeard || !isServer {
      closeReason = .failed(.tlsFailed(detail: "\(TLSFailure.endedEarly): \(error)"))
      witness?.stream(self, handshakeDidEndWith: .endedEarly)
    }
    stream.handler = nil
    pending.releaseMemory()
    held.releaseMemory()
    last?.streamDidClose(self, reason: closeReason ?? reason)
  }

  private func makeSession() -> TLSSession {
    let session =
      switch role {
      case .server(let context): TLSSession(serving: context)
      case .client(let context, let host, let resumption):
        TLSSession(to: host, context: context, resumption: resumption)
      }
    self.session = session
    return session
  }
}

// MARK: - Reading

extension TLSStream {
  /// Its turn has come to answer the client's first message.
  func goOn() {
    guard isQueued else { return }
    isQueued = false
    guard phase == .handshaking else { return }
    inner?.resumeReading()
    processHeld()
  }

  private func processHeld() {
    var bytes = ByteBuffer()
    swap(&bytes, &held)
    process(bytes.bytes)
  }

  private func process(_ bytes: UnsafeRawBufferPointer) {
    hasHeard = true
    let session = session ?? makeSession()
    session.feed(bytes)
    // What is not read in the end, since the stream is closing, must not be read later.
    defer { _ = session.takeRest() }
    while isLive {
      if phase == .open, !wantsBytes { return held.append(session.takeRest()) }
      let wasUp = session.isEstablished
      var count = 0
      do throws(TLSFailure) {
        count = try session.read(into: scratch.plaintext, sending: &scratch.ciphertext)
      } catch {
        return fail(error)
      }
      guard takeUnsolicited() else { return }
      if !wasUp, session.isEstablished {
        didEstablish()
      } else if count > 0 {
        hasReadPlaintext = true
        handler?.stream(
          self, didRead: UnsafeRawBufferPointer(rebasing: scratch.plaintext[..<count]))
      } else {
        break
      }
    }
    if session.hasReceivedClose { tellEnd() }
  }

  private func didEstablish() {
    phase = .open
    endTimer()
    witness?.stream(self, handshakeDidEndWith: nil)
    seal()
    if closesWhenOpen { return closeAfterFlush() }
    if !acceptsWrites { sendEnd() }
    if isAboveHighWatermark { callAtWakeUpEnd() }
    handler?.streamDidConnect(self)
    if phase == .open, !wantsBytes { inner?.pauseReading() }
  }

  /// Sends what the library has made of what came; false when the peer makes it talk without
  /// listening, which would pile up.
  private func takeUnsolicited() -> Bool {
    let count = scratch.ciphertext.count
    guard count > 0 else { return true }
    handOver(plaintext: 0)
    guard (inner?.bufferedByteCount ?? 0) > options.highWatermark else { return true }
    unsolicited += count
    guard unsolicited > TLSStream.unsolicitedLimit else { return true }
    fail(.corrupt(detail: "the peer asks for more than it takes"))
    return false
  }

  private func tellEnd() {
    guard phase == .open, !didTellEnd else { return }
    didTellEnd = true
    handler?.streamDidReadEnd(self)
  }

  /// Whether there is something to tell from before reading was paused.
  private var hasUntold: Bool {
    !held.isEmpty || !didTellEnd && session?.hasReceivedClose == true
  }

  /// Tells what came before reading was paused.
  func readHeld() {
    guard phase == .open, wantsBytes, hasUntold else { return }
    inner?.resumeReading()
    if held.isEmpty { tellEnd() } else { processHeld() }
  }

  /// Ends because of `failure`, after the alert that tells the peer.
  func fail(_ failure: TLSFailure) {
    guard isLive else { return }
    let wasUp = phase == .open
    if !wasUp || !isServer && !hasReadPlaintext && failure.isRefusal {
      witness?.stream(self, handshakeDidEndWith: failure)
    }
    closeReason = .failed(
      wasUp
        ? .connectionBroken(detail: failure.description)
        : failure == .timedOut ? .connectTimedOut : .tlsFailed(detail: failure.description))
    phase = .closing
    acceptsWrites = false
    pending.releaseMemory()
    endTimer()
    if failure == .plainHTTP, isServer { sayThatTLSIsSpoken() }
    handOver(plaintext: 0)
    if isServer {
      // The reason must reach the client although bytes of it may lie unread.
      inner?.closeAfterFlush()
    } else {
      inner?.flush()
      inner?.close()
    }
  }
}

extension TLSStream: LoopTimerHandler {
  func timerDidFire(_ timer: any LoopTimer) {
    // While it connects, the stream below has the same time and will say more.
    guard phase == .handshaking else { return }
    if hasHeard || !isServer { return fail(.timedOut) }
    // Nobody has said anything.
    witness?.stream(self, handshakeDidEndWith: .timedOut)
    close()
  }
}

extension TLSFailure {
  /// Whether the peer has refused this side.
  fileprivate var isRefusal: Bool {
    if case .refusedByPeer = self { true } else { false }
  }
}
