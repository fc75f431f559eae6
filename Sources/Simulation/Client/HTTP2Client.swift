package import EventLoop
package import Vocabulary
package import Wire

/// A client that speaks HTTP/2 over one connection, with prior knowledge: makes requests when told,
/// records what comes.
///
/// For tests of front ends and of simulated engines, on any loop. What it is told before the
/// connection is up leaves then. Gives windows back as bytes come, unless told not to. Confined to
/// its loop, which keeps it alive as long as its stream is open. Never retries.
package final class HTTP2Client {
  /// The session, for what has no method here.
  package let session: HTTP2Session
  /// The answers by their streams.
  package private(set) var answers: [HTTP2StreamID: HTTP2ClientAnswer] = [:]
  /// What the server said when it left, in order.
  package private(set) var goAways: [(last: HTTP2StreamID, code: HTTP2ErrorCode)] = []
  /// Answers to PINGs.
  package private(set) var pongs = 0
  /// Why the server broke the protocol, if it did.
  package private(set) var fault: HTTP2Error?
  /// When the server's end came, and when the stream was gone.
  package private(set) var endedAt: Instant?
  package private(set) var closedAt: Instant?
  /// Bytes that came.
  package private(set) var receivedByteCount = 0
  /// Streams whose windows are not given back.
  package var heldStreams: Set<HTTP2StreamID> = []
  /// Called when an answer has come to an end of whatever kind.
  package var whenEnded: ((HTTP2StreamID, HTTP2ClientAnswer) -> Void)?
  /// The connection.
  package private(set) var stream: (any ByteStream)?
  private let loop: any Loop
  private var isConnected = false
  private var isOutputAsked = false
  private var output = ByteBuffer()

  /// Begins to connect to `peer`.
  package init(
    on loop: any Loop, to peer: HostAndPort, settings: HTTP2Settings = HTTP2Settings(),
    options: StreamOptions = StreamOptions()
  ) {
    self.loop = loop
    session = HTTP2Session(side: .client, settings: settings)
    stream = loop.connect(to: peer, timeout: .seconds(30), options: options, handler: self)
  }

  /// Whether its stream is gone.
  package var isClosed: Bool { closedAt != nil }

  /// Makes a request; a body that is not `nil` comes at once, and ends it unless told otherwise.
  ///
  /// - Returns: its stream; traps when the server allows no more.
  @discardableResult
  package func request(
    _ method: String = "GET", _ path: String, fields: [String] = [], body: [UInt8]? = nil,
    ends: Bool = true
  ) -> HTTP2StreamID {
    var head = ByteBuffer()
    head.append("\(method) \(path) HTTP/1.1\r\nhost: router\r\n")
    for line in fields { head.append(line + "\r\n") }
    head.append("\r\n")
    let isWhole = body == nil && ends
    guard let id = session.submitRequest(head: head.bytes, scheme: "http", endsStream: isWhole)
    else { preconditionFailure("the server allows no more streams") }
    answers[id] = HTTP2ClientAnswer()
    answers[id]?.isAsked = isWhole
    if let body { write(body, to: id) }
    if ends, !isWhole { end(id) }
    needsOutput()
    return id
  }

  /// Sends more of a request's body, which has not ended.
  package func write(_ bytes: [UInt8], to id: HTTP2StreamID) {
    bytes.withUnsafeBytes { session.write(id, $0) }
    needsOutput()
  }

  /// Ends a request.
  package func end(_ id: HTTP2StreamID, trailers: String? = nil) {
    var lines = ByteBuffer()
    if let trailers { lines.append(trailers) }
    session.end(id, trailers: trailers == nil ? nil : lines.bytes)
    answers[id]?.isAsked = true
    needsOutput()
  }

  /// Gives a request up.
  package func reset(_ id: HTTP2StreamID, _ code: HTTP2ErrorCode = .cancel) {
    session.reset(id, code)
    needsOutput()
  }

  /// Gives back what was held of a stream's window.
  package func release(_ id: HTTP2StreamID) {
    heldStreams.remove(id)
    session.consume(id, answers[id]?.heldByteCount ?? 0)
    answers[id]?.heldByteCount = 0
    needsOutput()
  }

  /// Sends what the session has to say, at the end of the wake-up.
  package func needsOutput() {
    guard isConnected, !isOutputAsked else { return }
    isOutputAsked = true
    loop.callAtWakeUpEnd(self)
  }

  /// Closes the connection.
  package func close() { stream?.close() }
}

extension HTTP2Client: WakeUpEndHandler {
  /// Makes frames of what was written.
  package func wakeUpWillEnd(_ loop: any Loop) {
    isOutputAsked = false
    guard let stream else { return }
    while session.wantsOutput {
      session.produce(into: &output, upTo: 64 * 1024)
      guard !output.isEmpty else { return }
      stream.write(output.bytes)
      output.removeAll()
      drainEvents(UnsafeRawBufferPointer(start: nil, count: 0))
    }
  }
}

extension HTTP2Client: ByteStreamHandler {
  /// The connection is up.
  package func streamDidConnect(_ stream: any ByteStream) {
    isConnected = true
    needsOutput()
  }

  /// Frames came.
  package func stream(_ stream: any ByteStream, didRead bytes: UnsafeRawBufferPointer) {
    receivedByteCount += bytes.count
    do throws(HTTP2Error) {
      try session.receive(bytes, now: loop.now)
    } catch {
      fault = error
    }
    drainEvents(bytes)
    needsOutput()
  }

  /// The server sends no more.
  package func streamDidReadEnd(_ stream: any ByteStream) {
    endedAt = loop.now
    stream.close()
  }

  /// The server has taken what was queued.
  package func streamDidDrain(_ stream: any ByteStream) {}

  /// The connection is gone, and what was under way with it.
  package func streamDidClose(_ stream: any ByteStream, reason: StreamCloseReason) {
    closedAt = loop.now
    self.stream = nil
    for (id, answer) in answers where answer.endedAt == nil {
      answers[id]?.endedAt = loop.now
      answers[id]?.isLost = true
      whenEnded?(id, answer)
    }
  }

  private func drainEvents(_ bytes: UnsafeRawBufferPointer) {
    while let event = session.nextEvent() { take(event, bytes) }
  }

  private func take(_ event: HTTP2Event, _ bytes: UnsafeRawBufferPointer) {
    switch event {
    case .responseHead(let id, let endsStream): takeHead(id, endsStream: endsStream)
    case .data(let id, let range):
      answers[id]?.body.append(contentsOf: bytes[range])
      if heldStreams.contains(id) {
        answers[id]?.heldByteCount += range.count
      } else {
        session.consume(id, range.count)
      }
    case .trailers(let id):
      var lines = ByteBuffer()
      session.takeTrailers(of: id, into: &lines)
      answers[id]?.trailers = String(decoding: lines.bytes, as: UTF8.self)
    case .end(let id): answers[id]?.isComplete = true
    case .closed(let id, let code): didClose(id, code)
    case .goAway(let last, let code): goAways.append((last, code))
    case .pong: pongs += 1
    case .badHead(let id, let error): answers[id]?.headError = error
    case .settings, .drained, .requestHead: break
    }
  }

  private func takeHead(_ id: HTTP2StreamID, endsStream: Bool) {
    var head = ResponseHead()
    var bytes = ByteBuffer()
    session.takeResponseHead(of: id, into: &head, bytes: &bytes)
    guard !head.isInterim else {
      answers[id]?.interims.append(head.status)
      return
    }
    answers[id]?.status = head.status
    answers[id]?.headAt = loop.now
    answers[id]?.isComplete = endsStream
    let base = bytes.bytes
    answers[id]?.fields = (0..<head.fields.count).map { place in
      let field = head.fields[place]
      return (
        String(decoding: field.name.of(base), as: UTF8.self),
        String(decoding: field.value.of(base), as: UTF8.self)
      )
    }
  }

  private func didClose(_ id: HTTP2StreamID, _ code: HTTP2ErrorCode) {
    guard var answer = answers[id], answer.endedAt == nil else { return }
    answer.code = code
    answer.endedAt = loop.now
    answers[id] = answer
    whenEnded?(id, answer)
  }
}
