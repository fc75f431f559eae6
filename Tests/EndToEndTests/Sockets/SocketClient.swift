import EventLoop
import PDRouter
import Simulation
import Vocabulary
import Wire

/// A raw client on one connection: sends its bytes at once, records what comes, closes when the
/// server has ended or enough has come.
final class SocketClient {
  /// What came.
  private(set) var bytes: [UInt8] = []
  /// Whether the server ended the connection.
  private(set) var hasEnded = false
  private let request: [UInt8]
  private let hangUpAfter: Int
  private let whenClosed: () -> Void
  private var stream: (any ByteStream)?

  init(
    on loop: LibUVLoop, to peer: HostAndPort, sending request: [UInt8], hangUpAfter: Int = .max,
    security: LoopSecurity? = nil, whenClosed: @escaping () -> Void
  ) {
    self.request = request
    self.hangUpAfter = hangUpAfter
    self.whenClosed = whenClosed
    if let security {
      stream = security.dial(
        peer, as: .worker, timeout: .seconds(15), resumption: TLSResumption(), handler: self)
    } else {
      stream = loop.connect(
        to: peer, timeout: .seconds(5), options: StreamOptions(), handler: self)
    }
  }

  /// The answers in what came; empty where it is no HTTP.
  var answers: [ReceivedAnswer] {
    (try? ReceivedAnswer.read(bytes, hasEnded: hasEnded)) ?? []
  }
}

extension SocketClient: ByteStreamHandler {
  func streamDidConnect(_ stream: any ByteStream) {
    request.withUnsafeBytes { stream.write($0) }
    if hangUpAfter == 0 { stream.closeAfterFlush() }
  }

  func stream(_ stream: any ByteStream, didRead bytes: UnsafeRawBufferPointer) {
    self.bytes += bytes
    if self.bytes.count >= hangUpAfter { stream.close() }
  }

  func streamDidReadEnd(_ stream: any ByteStream) {
    hasEnded = true
    stream.close()
  }

  func streamDidDrain(_ stream: any ByteStream) {}

  func streamDidClose(_ stream: any ByteStream, reason: StreamCloseReason) {
    self.stream = nil
    whenClosed()
  }
}
