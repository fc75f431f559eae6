import EventLoop
import Simulation
import Vocabulary
import Wire

/// An engine of raw bytes: takes whole HTTP/1.1 requests and does what its script says, byte for
/// byte.
final class ScriptedEngine: ListenerHandler {
  /// What to do with a connection once a request has come.
  enum Act {
    case send(String)
    case sendBytes([UInt8])
    case wait(Duration)
    case finishWriting
    case close
    case reset
    /// Closes with everything sent.
    case closeAfterFlush
  }

  /// A request as it came: head and body, the connection's number and the request's on it.
  struct Request {
    let text: String
    let connection: Int
    let number: Int

    /// The lines of the head.
    var head: [String] { text.components(by: "\r\n\r\n")[0].components(by: "\r\n") }
    /// The body.
    var body: String { text.components(by: "\r\n\r\n").dropFirst().joined(separator: "\r\n\r\n") }

    /// The value of the first field called `name` (in lower case).
    func field(_ name: String) -> String? {
      HTTPAnswer(status: 0, lines: head, body: "", isComplete: true)[name]
    }
  }

  /// What each request is answered with.
  var script: (Request) -> [Act]
  /// What is done as soon as a connection is there.
  var greeting: (Int) -> [Act] = { _ in [] }
  /// The requests so far.
  private(set) var requests: [Request] = []
  /// Connections so far, and those that are open now.
  private(set) var connectionCount = 0
  private(set) var openCount = 0
  /// What `stream.handler` does not keep, while it is open.
  private(set) var connections: [EngineConnection] = []
  let loop: SimulatedLoop
  private let address: HostAndPort
  private var listener: (any Listener)?
  /// Where it is reached if it is spoken to in HTTP/2: each stream is a connection to it.
  private(set) var http2: HTTP2EnginePort?

  init(
    on host: SimulatedHost, port: UInt16 = 8000, isHTTP2: Bool = WorldProtocol.isHTTP2,
    settings: HTTP2Settings = HTTP2Settings(), script: @escaping (Request) -> [Act]
  ) {
    loop = host.loop
    self.script = script
    address = HostAndPort(host: host.name, port: port)
    if isHTTP2 { http2 = HTTP2EnginePort(at: address, on: host, settings: settings, for: self) }
    listen()
  }

  /// Accepts connections.
  func listen() {
    if let http2 { return http2.listen() }
    do throws(StreamError) {
      listener = try loop.listen(on: address, options: ListenerOptions(), handler: self)
    } catch {
      preconditionFailure("\(error)")
    }
  }

  /// Refuses connections from now on.
  func stopListening() {
    listener?.close()
    http2?.stopListening()
  }

  func listener(_ listener: any Listener, didAccept stream: any ByteStream) {
    let connection = EngineConnection(stream: stream, engine: self, number: connectionCount)
    connectionCount += 1
    openCount += 1
    connections.append(connection)
    stream.handler = connection
    connection.perform(greeting(connection.number))
  }

  func didReceive(_ request: Request, on connection: EngineConnection) {
    requests.append(request)
    connection.perform(script(request))
  }

  func didClose() {
    openCount -= 1
  }
}

/// One connection of a `ScriptedEngine`.
final class EngineConnection: ByteStreamHandler, LoopTimerHandler {
  let number: Int
  /// When the router closed it, if it did.
  private(set) var closedAt: Instant?
  /// Bytes of its answers that have not left.
  var bufferedByteCount: Int { stream.bufferedByteCount }
  private let stream: any ByteStream
  private unowned let engine: ScriptedEngine
  private var inbox: [UInt8] = []
  private var requestCount = 0
  private var acts: [ScriptedEngine.Act] = []
  private let timer: any LoopTimer

  init(stream: any ByteStream, engine: ScriptedEngine, number: Int) {
    self.stream = stream
    self.engine = engine
    self.number = number
    timer = stream.loop.makeTimer()
  }

  /// Does so after what is still to be done.
  func perform(_ more: [ScriptedEngine.Act]) {
    acts += more
    if !timer.isArmed { proceed() }
  }

  private func proceed() {
    while !acts.isEmpty {
      switch acts.removeFirst() {
      case .send(let text): withBytes(of: text) { stream.write($0) }
      case .sendBytes(let bytes): bytes.withUnsafeBytes { stream.write($0) }
      case .wait(let duration):
        timer.arm(after: duration, for: self)
        return
      case .finishWriting: stream.finishWriting()
      case .close: stream.close()
      case .reset: stream.reset()
      case .closeAfterFlush: stream.closeAfterFlush()
      }
    }
  }

  func timerDidFire(_ timer: any LoopTimer) {
    proceed()
  }

  func streamDidConnect(_ stream: any ByteStream) {}

  func stream(_ stream: any ByteStream, didRead bytes: UnsafeRawBufferPointer) {
    inbox += bytes
    while let end = HTTPAnswer.find(Array("\r\n\r\n".utf8), in: inbox[...]) {
      let head = String(decoding: inbox[..<end], as: UTF8.self)
      let answer = HTTPAnswer(
        status: 0, lines: head.components(by: "\r\n"), body: "", isComplete: true)
      let length = end + 4 + (answer["content-length"].flatMap { Int($0) } ?? 0)
      guard inbox.count >= length else { return }
      let text = String(decoding: inbox[..<length], as: UTF8.self)
      inbox.removeFirst(length)
      requestCount += 1
      engine.didReceive(
        .init(text: text, connection: number, number: requestCount - 1), on: self)
    }
  }

  func streamDidReadEnd(_ stream: any ByteStream) {
    closedAt = closedAt ?? stream.loop.now
    stream.closeAfterFlush()
  }

  func streamDidDrain(_ stream: any ByteStream) {}

  func streamDidClose(_ stream: any ByteStream, reason: StreamCloseReason) {
    closedAt = closedAt ?? stream.loop.now
    timer.cancel()
    acts = []
    engine.didClose()
  }
}
