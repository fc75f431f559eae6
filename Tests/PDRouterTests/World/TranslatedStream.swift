import EventLoop
import Vocabulary
import Wire

/// A stream of HTTP/2 that an engine takes for a connection: it reads its request as HTTP/1.1, and
/// what it writes of an answer becomes frames.
final class TranslatedStream: ByteStream {
  var handler: (any ByteStreamHandler)?
  let loop: any Loop
  let peerDescription = "a stream"
  private let id: HTTP2StreamID
  private let connection: HTTP2EngineConnection
  private var isOver = false
  private var hasEnded = false
  private var isPaused = false
  private var pausedBytes: [UInt8] = []
  private var method: HTTPMethod
  private var parser = HTTP1ResponseParser(limits: HTTP1Limits())
  private var decoder: HTTP1BodyDecoder?
  private var isUntilClose = false
  /// What the parser has of an unfinished head.
  private var head = ResponseHead()
  private var inbox = ByteBuffer()
  private var trailers = ByteBuffer()

  init(_ id: HTTP2StreamID, of connection: HTTP2EngineConnection, method: HTTPMethod) {
    guard let loop = connection.loop else { preconditionFailure("a connection that is there") }
    self.id = id
    self.loop = loop
    self.connection = connection
    self.method = method
    parser.reset(requestMethod: method)
  }

  var bufferedByteCount: Int { connection.session.bufferedByteCount(id) }

  // MARK: - To the engine

  func receive(_ bytes: UnsafeRawBufferPointer) {
    guard !isPaused else {
      pausedBytes += bytes
      return
    }
    connection.session.consume(id, bytes.count)
    handler?.stream(self, didRead: bytes)
  }

  func receiveTrailers(_ lines: UnsafeRawBufferPointer) {
    handler?.stream(self, didRead: lines)
  }

  /// The request is complete, which is no end of a connection.
  func receiveEnd() {}

  func didDrain() { handler?.streamDidDrain(self) }

  /// The stream is over. After a whole answer that is no loss: a connection would be kept.
  ///
  /// - Returns: whether the engine still takes it for a connection.
  func didEnd() -> Bool {
    guard !isOver else { return false }
    isOver = true
    if hasEnded { return true }
    connectionDidEnd()
    return false
  }

  /// The connection is over.
  func connectionDidEnd() {
    isOver = true
    handler?.streamDidClose(self, reason: .closedHere)
    handler = nil
  }

  func pauseReading() { isPaused = true }

  func resumeReading() {
    guard isPaused else { return }
    isPaused = false
    let bytes = pausedBytes
    pausedBytes = []
    connection.session.consume(id, bytes.count)
    connection.scheduleOutput()
    bytes.withUnsafeBytes { handler?.stream(self, didRead: $0) }
  }

  // MARK: - From the engine

  func write(_ bytes: UnsafeRawBufferPointer) {
    guard !isOver, !hasEnded else { return }
    inbox.append(bytes)
    var text = ByteBuffer()
    swap(&text, &inbox)
    var offset = 0
    do throws(WireError) {
      while !hasEnded, try translate(text.bytes, &offset) {}
    } catch {
      end(.protocolError)
    }
    inbox.append(UnsafeRawBufferPointer(rebasing: text.bytes[offset...]))
    connection.scheduleOutput()
  }

  func write(gathering pieces: UnsafeBufferPointer<UnsafeRawBufferPointer>) {
    for piece in pieces { write(piece) }
  }

  func flush() {}

  /// Whether there may be more to translate.
  private func translate(
    _ bytes: UnsafeRawBufferPointer, _ offset: inout Int
  ) throws(WireError) -> Bool {
    if decoder != nil { return try translateBody(bytes, &offset) }
    guard offset < bytes.count else { return false }
    return try translateHead(UnsafeRawBufferPointer(rebasing: bytes[offset...]), &offset)
  }

  private func translateHead(
    _ bytes: UnsafeRawBufferPointer, _ offset: inout Int
  ) throws(WireError) -> Bool {
    guard let length = try parser.parse(bytes, into: &head) else { return false }
    offset += length
    guard (100..<600).contains(head.status) else { throw .invalidStatusLine }
    if head.isInterim {
      connection.session.submitInterim(id, status: head.status)
      parser.reset(requestMethod: method)
      return true
    }
    var fields = ByteBuffer()
    for place in 0..<head.fields.count {
      fields.appendField(copying: head.fields[place], from: bytes)
    }
    let isEmpty = head.framing == .none || head.framing == .length(0)
    connection.session.submitResponse(
      id, status: head.status, fields: fields.bytes, endsStream: isEmpty)
    isUntilClose = head.framing == .untilClose
    hasEnded = isEmpty
    decoder = HTTP1BodyDecoder(framing: head.framing)
    return true
  }

  private func translateBody(
    _ bytes: UnsafeRawBufferPointer, _ offset: inout Int
  ) throws(WireError) -> Bool {
    guard let event = try decoder?.next(bytes, &offset) else { return false }
    if let range = decoder?.trailerRange, !range.isEmpty {
      trailers.append(UnsafeRawBufferPointer(rebasing: bytes[range]))
    }
    switch event {
    case .data(let range):
      connection.session.write(id, UnsafeRawBufferPointer(rebasing: bytes[range]))
      return true
    case .end:
      endAnswer()
      return false
    case .needMore: return false
    }
  }

  private func endAnswer() {
    hasEnded = true
    var lines = ByteBuffer()
    TrailerFields.append(trailers.bytes, to: &lines)
    connection.session.end(id, trailers: lines.isEmpty ? nil : lines.bytes)
    connection.scheduleOutput()
  }

  private func end(_ code: HTTP2ErrorCode) {
    guard !isOver else { return }
    guard !hasEnded else { return }
    // What was written before is on its way.
    connection.produce()
    connection.session.reset(id, code)
    handler?.streamDidClose(self, reason: .closedHere)
    isOver = true
    handler = nil
    connection.scheduleOutput()
  }

  func finishWriting() {
    if decoder != nil, isUntilClose, !hasEnded { endAnswer() } else { end(.internalError) }
  }

  func closeAfterFlush() { finishWriting() }
  func close() { end(.internalError) }
  func reset() { end(.internalError) }
}
