import EventLoop
import Simulation
import Vocabulary

/// An engine that keeps the bytes it gets as they come, and answers when the test says so.
final class RawEngine: ListenerHandler, ByteStreamHandler {
  /// Everything that came, over all connections.
  private(set) var bytes: [UInt8] = []
  private(set) var connectionCount = 0
  /// When the router closed the last connection.
  private(set) var closedAt: Instant?
  /// Whether a connection is read from as soon as it is there.
  var reads = true
  private var stream: (any ByteStream)?
  private var listener: (any Listener)?

  /// Where it is reached if it is spoken to in HTTP/2: each stream is a connection to it.
  private var http2: HTTP2EnginePort?

  init(
    on host: SimulatedHost, port: UInt16 = 8000, isHTTP2: Bool = WorldProtocol.isHTTP2
  ) {
    guard !isHTTP2 else {
      let port = HTTP2EnginePort(
        at: HostAndPort(host: host.name, port: port), on: host, for: self)
      http2 = port
      port.listen()
      return
    }
    do throws(StreamError) {
      listener = try host.loop.listen(
        on: HostAndPort(host: host.name, port: port), options: ListenerOptions(), handler: self)
    } catch {
      preconditionFailure("\(error)")
    }
  }

  /// The head of the first request, and what followed it.
  var head: String { String(decoding: bytes, as: UTF8.self).components(by: "\r\n\r\n")[0] }
  var body: [UInt8] {
    HTTPAnswer.find(Array("\r\n\r\n".utf8), in: bytes[...]).map { Array(bytes[($0 + 4)...]) } ?? []
  }

  /// Writes an answer on the last connection; to be called through the world's `run`.
  func answer(_ text: String) {
    withBytes(of: text) { stream?.write($0) }
    stream?.flush()
  }

  func resume() {
    reads = true
    stream?.resumeReading()
  }

  func stopListening() {
    listener?.close()
    http2?.stopListening()
  }

  func die() { stream?.reset() }

  func listener(_ listener: any Listener, didAccept stream: any ByteStream) {
    connectionCount += 1
    self.stream = stream
    stream.handler = self
    if !reads { stream.pauseReading() }
  }

  func streamDidConnect(_ stream: any ByteStream) {}

  func stream(_ stream: any ByteStream, didRead bytes: UnsafeRawBufferPointer) {
    self.bytes += bytes
  }

  func streamDidReadEnd(_ stream: any ByteStream) { stream.close() }

  func streamDidDrain(_ stream: any ByteStream) {}

  func streamDidClose(_ stream: any ByteStream, reason: StreamCloseReason) {
    closedAt = stream.loop.now
  }
}
