import EventLoop
import Simulation
import Vocabulary
import Wire

/// A port where HTTP/2 is spoken to engines that know HTTP/1.1 alone: each stream is a connection
/// of its own to them.
///
/// What an engine writes becomes frames, what it closes or resets becomes RST_STREAM. So one script
/// serves both protocols; what is peculiar to HTTP/2 is asked of `connections`.
final class HTTP2EnginePort: ListenerHandler {
  /// Who takes each stream.
  private let engine: any ListenerHandler
  private let settings: HTTP2Settings
  private(set) var connections: [HTTP2EngineConnection] = []
  private var listener: (any Listener)?
  /// Whether every stream is refused unseen.
  var refuses = false

  private let address: HostAndPort
  private let loop: SimulatedLoop

  init(
    at address: HostAndPort, on host: SimulatedHost, settings: HTTP2Settings = HTTP2Settings(),
    for engine: any ListenerHandler
  ) {
    self.address = address
    self.engine = engine
    self.settings = settings
    loop = host.loop
  }

  /// Accepts connections.
  func listen() {
    do throws(StreamError) {
      listener = try loop.listen(on: address, options: ListenerOptions(), handler: self)
    } catch {
      preconditionFailure("\(error)")
    }
  }

  /// Connections that are open now.
  var openCount: Int { connections.count { !$0.isClosed } }

  /// Refuses connections from now on.
  func stopListening() {
    listener?.close()
  }

  func listener(_ listener: any Listener, didAccept stream: any ByteStream) {
    let connection = HTTP2EngineConnection(stream, settings) { [engine] stream in
      engine.listener(listener, didAccept: stream)
    }
    connection.refuses = refuses
    connections.append(connection)
    stream.handler = connection
    connection.scheduleOutput()
  }
}

/// One HTTP/2 connection of an `HTTP2EnginePort`.
final class HTTP2EngineConnection: ByteStreamHandler, WakeUpEndHandler {
  let session: HTTP2Session
  /// What went wrong with the frames that came.
  private(set) var error: HTTP2Error?
  private(set) var isClosed = false
  /// Streams so far, and what the peer said of those it ended before they were.
  private(set) var streamCount = 0
  private(set) var resets: [HTTP2ErrorCode] = []
  /// What the peer said with GOAWAY.
  private(set) var goAway: HTTP2ErrorCode?
  /// Whether every stream is refused unseen.
  var refuses = false
  /// PINGs are answered, and bytes read, only while it does not hang.
  private(set) var isHanging = false
  private var stream: (any ByteStream)?
  private let take: (any ByteStream) -> Void
  private var streams: [HTTP2StreamID: TranslatedStream] = [:]
  /// Streams that have ended well, which their engine takes for idle connections.
  private var ended: [TranslatedStream] = []
  private var isOutputDue = false
  private var isDraining = false

  init(
    _ stream: any ByteStream, _ settings: HTTP2Settings,
    take: @escaping (any ByteStream) -> Void
  ) {
    self.stream = stream
    self.take = take
    session = HTTP2Session(side: .server, settings: settings)
  }

  /// Streams that are open.
  var openStreams: Int { streams.count }
  var loop: (any Loop)? { stream?.loop }

  /// Says that no more streams are taken, and lets those that are there end.
  func endGracefully() {
    session.beginGracefulEnd()
    scheduleOutput()
  }

  /// The same, but says at once which stream was the last that it took.
  func endNow() {
    session.beginGracefulEnd()
    session.finishGracefulEnd()
    scheduleOutput()
  }

  /// Breaks off with GOAWAY.
  func leave(_ code: HTTP2ErrorCode) {
    session.goAway(code)
    scheduleOutput()
  }

  /// Reads and writes nothing any more, and keeps the connection.
  func hang() {
    isHanging = true
  }

  /// Breaks the connection.
  func die() {
    stream?.reset()
  }

  /// Closes the connection in good order.
  func close() {
    stream?.close()
  }

  func scheduleOutput() {
    guard !isOutputDue, let stream else { return }
    isOutputDue = true
    stream.loop.callAtWakeUpEnd(self)
  }

  func wakeUpWillEnd(_ loop: any Loop) {
    isOutputDue = false
    produce()
  }

  func produce() {
    guard !isHanging else { return }
    var output = ByteBuffer()
    while let stream, session.wantsOutput, stream.bufferedByteCount < 64 * 1024 {
      output.removeAll()
      session.produce(into: &output, upTo: 16 * 1024)
      guard !output.isEmpty else { return }
      stream.write(output.bytes)
      drainEvents(of: UnsafeRawBufferPointer(start: nil, count: 0))
    }
  }

  func streamDidConnect(_ stream: any ByteStream) {}

  func stream(_ stream: any ByteStream, didRead bytes: UnsafeRawBufferPointer) {
    guard !isHanging else { return }
    do throws(HTTP2Error) {
      try session.receive(bytes, now: stream.loop.now)
    } catch let failure {
      error = failure
    }
    drainEvents(of: bytes)
    scheduleOutput()
  }

  private func drainEvents(of bytes: UnsafeRawBufferPointer) {
    guard !isDraining else { return }
    isDraining = true
    defer { isDraining = false }
    while let event = session.nextEvent() {
      switch event {
      case .requestHead(let id, _) where refuses: session.reset(id, .refusedStream)
      case .requestHead(let id, _): begin(id)
      case .data(let id, let range):
        streams[id]?.receive(UnsafeRawBufferPointer(rebasing: bytes[range]))
      case .trailers(let id):
        var lines = ByteBuffer()
        session.takeTrailers(of: id, into: &lines)
        streams[id]?.receiveTrailers(lines.bytes)
      case .end(let id): streams[id]?.receiveEnd()
      case .drained(let id): streams[id]?.didDrain()
      case .closed(let id, let code):
        if code != .noError { resets.append(code) }
        if let stream = streams.removeValue(forKey: id), stream.didEnd() { ended.append(stream) }
      case .goAway(_, let code): goAway = code
      case .badHead, .responseHead, .settings, .pong: break
      }
    }
  }

  private func begin(_ id: HTTP2StreamID) {
    streamCount += 1
    var head = RequestHead()
    var bytes = ByteBuffer()
    session.takeRequestHead(of: id, into: &head, bytes: &bytes)
    let translated = TranslatedStream(id, of: self, method: head.method)
    streams[id] = translated
    take(translated)
    var text = ByteBuffer()
    text.append(head.methodName.of(bytes.bytes))
    text.append(" ")
    text.append(head.path.of(bytes.bytes))
    if !head.query.isEmpty {
      text.append("?")
      text.append(head.query.of(bytes.bytes))
    }
    text.append(" HTTP/1.1\r\n")
    for place in 0..<head.fields.count {
      text.appendField(copying: head.fields[place], from: bytes.bytes)
    }
    text.appendHeadEnd()
    translated.handler?.stream(translated, didRead: text.bytes)
  }

  func streamDidReadEnd(_ stream: any ByteStream) {
    if !isHanging { stream.close() }
  }

  func streamDidDrain(_ stream: any ByteStream) {
    scheduleOutput()
  }

  func streamDidClose(_ stream: any ByteStream, reason: StreamCloseReason) {
    isClosed = true
    self.stream = nil
    let lost = ended + streams.values
    (streams, ended) = ([:], [])
    for each in lost { each.connectionDidEnd() }
  }
}
