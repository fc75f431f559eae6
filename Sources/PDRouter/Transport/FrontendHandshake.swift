internal import EventLoop

/// A client's connection until TLS is up and it is known what is spoken in it.
///
/// Owned by its front end, in whose limit of connections it has its place.
final class FrontendHandshake: FrontendConnection {
  let number: Int
  private let stream: TLSStream
  private let frontend: Frontend
  private let security: LoopSecurity

  init(_ stream: TLSStream, for frontend: Frontend, number: Int, security: LoopSecurity) {
    self.stream = stream
    self.frontend = frontend
    self.number = number
    self.security = security
  }

  var untakenBodyByteCount: Int { 0 }

  func start() {
    stream.handler = self
  }

  func closeIfIdle() {
    stream.close()
  }

  func cutShort() {
    stream.close()
  }

  func abort() {
    stream.close()
  }
}

extension FrontendHandshake: ByteStreamHandler {
  func streamDidConnect(_ stream: any ByteStream) {
    security.end(self)
    frontend.release(self)
    frontend.begin(stream, as: stream.negotiatedProtocol ?? .http1)
  }

  func stream(_ stream: any ByteStream, didRead bytes: UnsafeRawBufferPointer) {
    preconditionFailure("nothing is read before the handshake is complete")
  }

  func streamDidReadEnd(_ stream: any ByteStream) {
    stream.close()
  }

  func streamDidDrain(_ stream: any ByteStream) {}

  func streamDidClose(_ stream: any ByteStream, reason: StreamCloseReason) {
    security.end(self)
    frontend.connectionDidClose(self)
  }
}
