/// A connected (or connecting) two-way stream of bytes, confined to its loop's thread.
///
/// Writes are gathered and leave in one `writev` at the end of the wake-up; what the peer does not
/// take is kept, in order. `bufferedByteCount` says how much that is, and a writer that sees it
/// above `StreamOptions.highWatermark` stops until `streamDidDrain`. After `close` or
/// `streamDidClose` every call is ignored.
public protocol ByteStream: AnyObject {
  /// Who hears of bytes and of the end; may be exchanged at any time (TLS, protocol upgrade).
  var handler: (any ByteStreamHandler)? { get set }

  /// The loop that owns the stream.
  var loop: any Loop { get }

  /// The peer's address as text (`127.0.0.1:4711`), for logs.
  var peerDescription: String { get }

  /// What both sides agreed to speak while the stream was set up (ALPN, RFC 7301); nil when nothing
  /// was said.
  var negotiatedProtocol: ApplicationProtocol? { get }

  /// Bytes written but not yet taken by the peer's side of the connection.
  var bufferedByteCount: Int { get }

  /// Queues `bytes` (copied if they cannot leave at once; valid only during the call).
  func write(_ bytes: UnsafeRawBufferPointer)

  /// Queues several runs of bytes in order; large ones are offered to the socket without a copy.
  func write(gathering pieces: UnsafeBufferPointer<UnsafeRawBufferPointer>)

  /// Offers `bytes` to the socket at once, without a copy, where nothing waits before them; queues
  /// what does not leave.
  ///
  /// For a writer that writes nothing else in this wake-up.
  ///
  /// - Returns: `bufferedByteCount` after that.
  func writeThrough(_ bytes: UnsafeRawBufferPointer) -> Int

  /// Offers what is queued to the socket now instead of at the end of the wake-up.
  func flush()

  /// Stops delivering bytes; the peer feels it once the kernel's buffer is full.
  ///
  /// While paused, the peer's end or reset may go unseen until reading resumes.
  func pauseReading()

  /// Delivers bytes again.
  func resumeReading()

  /// Sends the end of our bytes (half-close) once everything queued has left; reading goes on.
  ///
  /// Further writes are ignored. A stream with both halves ended stays until its owner closes it.
  func finishWriting()

  /// Sends everything queued, then our end, and closes once the peer has ended too (bounded by
  /// `StreamOptions.lingerTimeout`).
  ///
  /// What still arrives meanwhile is thrown away: a socket closed with unread bytes resets the
  /// connection and with it the last answer (RFC 9112, 9.6). Further writes are ignored.
  func closeAfterFlush()

  /// Closes now, throws away what is queued; `streamDidClose` follows with reason `.closedHere`.
  func close()

  /// The same with a reset: the peer cannot take what it got for everything.
  func reset()
}

extension ByteStream {
  /// Nothing is agreed upon on a bare socket.
  public var negotiatedProtocol: ApplicationProtocol? { nil }

  /// Queues the bytes as any others.
  public func writeThrough(_ bytes: UnsafeRawBufferPointer) -> Int {
    write(bytes)
    return bufferedByteCount
  }
}

/// Who hears of a stream's events. Methods are called on the loop's thread, in order.
public protocol ByteStreamHandler: AnyObject {
  /// An outgoing connection is up. Not called for accepted streams.
  func streamDidConnect(_ stream: any ByteStream)

  /// Where the next bytes are to be read to, at most as many as there is room for: asked before
  /// every read, and only by an accepted stream over a socket of its own, since those that were
  /// connected to somebody bring answers in small pieces. Nil for the loop's read buffer.
  func streamRoom(_ stream: any ByteStream) -> UnsafeMutableRawBufferPointer?

  /// Bytes arrived; `bytes` is the room that was given for them, or else the loop's own read buffer
  /// and valid only during the call.
  func stream(_ stream: any ByteStream, didRead bytes: UnsafeRawBufferPointer)

  /// The peer sent its end (FIN); our side may still write.
  func streamDidReadEnd(_ stream: any ByteStream)

  /// What was queued fell from above the high watermark to below the low one.
  func streamDidDrain(_ stream: any ByteStream)

  /// The stream is gone: the last call, exactly once, for every stream ever made.
  ///
  /// Never called from inside `close` or a write: always from the loop.
  func streamDidClose(_ stream: any ByteStream, reason: StreamCloseReason)
}

extension ByteStreamHandler {
  /// The loop's read buffer will do.
  public func streamRoom(_ stream: any ByteStream) -> UnsafeMutableRawBufferPointer? { nil }
}

/// Why a stream is gone.
public enum StreamCloseReason: Equatable, Sendable {
  /// `close` or `closeAfterFlush` was called on this side.
  case closedHere
  /// Connecting, reading or writing failed.
  case failed(StreamError)
}

/// What can go wrong with a socket, and whether any byte can have reached the peer.
public enum StreamError: Error, Equatable, Sendable {
  /// The name has no address (`detail` is the resolver's word).
  case resolutionFailed(detail: String)
  /// No connection within the time-out.
  case connectTimedOut
  /// The peer refused, or is unreachable; errno's name.
  case connectFailed(detail: String)
  /// The connection came about, but no secure one over it; `detail` says why not.
  case tlsFailed(detail: String)
  /// An established connection was reset or broke; errno's name.
  case connectionBroken(detail: String)
  /// Listening failed; errno's name.
  case bindFailed(detail: String)

  /// Whether the error came before a connection existed, so no byte was delivered.
  public var isBeforeConnection: Bool {
    switch self {
    case .resolutionFailed, .connectTimedOut, .connectFailed, .tlsFailed, .bindFailed: true
    case .connectionBroken: false
    }
  }
}

/// How a stream behaves; all limits in bytes.
public struct StreamOptions: Sendable {
  /// Above this many queued bytes a writer should stop (`streamDidDrain` will come).
  public var highWatermark = 64 * 1024
  /// At or below this many queued bytes after having been above the high mark, `streamDidDrain`
  /// comes.
  public var lowWatermark = 16 * 1024
  /// TCP keep-alive probes start after this much silence.
  public var keepAlive: Duration = .seconds(30)
  /// How long `closeAfterFlush` waits for the peer to take what is queued.
  public var lingerTimeout: Duration = .seconds(5)

  /// The defaults.
  public init() {}
}
