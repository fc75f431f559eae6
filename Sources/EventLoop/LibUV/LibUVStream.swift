internal import CLibUV
internal import Glibc
internal import Vocabulary

/// A `ByteStream` over a TCP socket of a `LibUVLoop`.
///
/// Owns one libuv handle, whose link keeps the stream alive until the handle is closed: however a
/// stream ends, it ends by `uv_close`, and the close callback tells the handler, once. Bytes
/// written lie in one pooled buffer until the end of the wake-up; what the kernel does not take
/// then waits in a second one while the next writes gather in the first. An idle stream holds no
/// buffer at all, nor does one whose bytes are written through and taken. Reading stays armed while
/// paused: only bytes that do arrive make libuv stop (no system calls for a short pause). Never
/// calls its handler from inside one of its own methods.
final class LibUVStream: ByteStream {
  enum Phase {
    case connecting, open, closing, closed
  }

  /// From this many bytes on, a write goes to the socket without a copy.
  static let directThreshold = 16 * 1024
  /// So many gathered bytes are offered before the end of the wake-up: the memory stays small.
  static let earlyFlush = 64 * 1024

  var handler: (any ByteStreamHandler)?
  let uvLoop: LibUVLoop
  let options: StreamOptions
  /// Up to so many gathered bytes nothing has to be done about them before the wake-up's end.
  let quietByteCount: Int
  private let isAccepted: Bool
  var tcp = UVHandle<uv_tcp_t>()
  var phase: Phase
  var closeReason = StreamCloseReason.closedHere

  // Writing.
  var pending = ByteBuffer()
  var inFlight = ByteBuffer()
  var isWriting = false
  var writeRequest: UVHandle<uv_write_t>?
  var isAboveHighWatermark = false
  /// Whether it is on the loop's list, and who follows it there.
  var isTouched = false
  var nextTouched: LibUVStream?

  // Reading.
  var wantsBytes = true
  var isReading = false
  var didReadEnd = false

  // Ending.
  var acceptsWrites = true
  var closesWhenFlushed = false
  var didFinishWriting = false
  var lingerTimer: (any LoopTimer)?

  private var connector: LibUVConnector?
  private var peerName: String?
  private var peerAddress: SocketAddress?

  /// A stream meant for `peer`, closed until `begin`.
  init(loop: LibUVLoop, connectingTo peer: HostAndPort, _ options: StreamOptions) {
    uvLoop = loop
    self.options = options
    quietByteCount = min(options.highWatermark, LibUVStream.earlyFlush - 1)
    isAccepted = false
    phase = .closed
    peerName = peer.description
  }

  /// A stream over a socket just accepted; nil when libuv cannot take it, the caller keeps it then.
  init?(
    loop: LibUVLoop, accepted descriptor: Int32, from peer: SocketAddress?,
    _ options: StreamOptions
  ) {
    uvLoop = loop
    self.options = options
    quietByteCount = min(options.highWatermark, LibUVStream.earlyFlush - 1)
    isAccepted = true
    phase = .open
    peerAddress = peer
    makeHandle()
    guard uv_tcp_open(tcp.pointer, descriptor) == 0 else {
      // The handle's close callback finds a stream that was never open.
      phase = .closed
      closeHandle()
      return nil
    }
    loop.counters.openStreams += 1
    startReading()
  }

  var loop: any Loop { uvLoop }

  var peerDescription: String {
    if let peerName { return peerName }
    let name = peerAddress?.description ?? "unknown"
    peerName = name
    return name
  }

  /// The address of our end; nil without a socket.
  var localAddress: SocketAddress? {
    SocketOption.localAddress(of: UVLink.descriptor(of: tcp.base))
  }

  func pauseReading() {
    if !closesWhenFlushed { wantsBytes = false }
  }

  func resumeReading() {
    wantsBytes = true
    startReading()
  }

  func close() {
    close(because: .closedHere)
  }

  func reset() {
    if phase == .open { SocketOption.setResetOnClose(on: UVLink.descriptor(of: tcp.base)) }
    close()
  }
}

// MARK: - Connecting

extension LibUVStream {
  /// From here on the stream has a life, whose end `handler` will hear.
  func begin(_ handler: any ByteStreamHandler) {
    precondition(phase == .closed)
    phase = .connecting
    self.handler = handler
    makeHandle()
    uvLoop.counters.openStreams += 1
  }

  /// Instead of `begin`, on a loop that has ended: the stream stays closed.
  func abandon() {
    precondition(phase == .closed)
    tcp.free()
  }

  func startConnecting(to peer: HostAndPort, timeout: Duration) {
    let connector = LibUVConnector(stream: self, peer: peer, timeout: timeout)
    self.connector = connector
    connector.start()
  }

  /// A fresh handle for the next address; the old one closes without a word.
  func renewHandle() {
    precondition(phase == .connecting)
    closeHandle()
    tcp = UVHandle()
    makeHandle()
  }

  func didTry(on handle: UnsafeMutablePointer<uv_stream_t>, status: Int32) {
    guard handle == tcp.stream, phase == .connecting else { return }
    connector?.didTry(status)
  }

  func didConnect(to address: SocketAddress) {
    precondition(phase == .connecting)
    phase = .open
    connector = nil
    peerAddress = address
    peerName = nil
    SocketOption.setTraffic(
      keepAlive: options.keepAlive, on: UVLink.descriptor(of: tcp.base))
    if wantsBytes { startReading() }
    touch()
    handler?.streamDidConnect(self)
  }
}

// MARK: - Reading

extension LibUVStream {
  func startReading() {
    guard phase == .open, !isReading, !didReadEnd else { return }
    isReading = true
    let status = uv_read_start(
      tcp.stream,
      { handle, _, buffer in
        UVLink.owner(handle!.pointee.data, as: LibUVStream.self) { $0.lendBuffer(to: buffer!) }
      },
      { handle, count, buffer in
        UVLink.owner(handle!.pointee.data, as: LibUVStream.self) {
          $0.didRead(count, buffer!.pointee.base)
        }
      })
    if status != 0 { fail(.connectionBroken(detail: UVError.name(status))) }
  }

  private func lendBuffer(to buffer: UnsafeMutablePointer<uv_buf_t>) {
    if isAccepted, wantsBytes, let room = handler?.streamRoom(self), room.count > 0 {
      buffer.pointee.base = room.baseAddress?.assumingMemoryBound(to: CChar.self)
      buffer.pointee.len = room.count
      return
    }
    // No buffer while paused: libuv reports ENOBUFS and leaves the bytes in the kernel.
    buffer.pointee.base = wantsBytes ? uvLoop.readBuffer : nil
    buffer.pointee.len = wantsBytes ? LibUVLoop.readBufferSize : 0
  }

  private func didRead(_ count: Int, _ base: UnsafeMutablePointer<CChar>?) {
    if count > 0 {
      if closesWhenFlushed { return }
      handler?.stream(self, didRead: UnsafeRawBufferPointer(start: base, count: count))
    } else if count < 0 {
      didStopReading(Int32(truncatingIfNeeded: count))
    }
  }

  private func didStopReading(_ status: Int32) {
    isReading = false
    switch status {
    case UV_ENOBUFS.rawValue:
      uv_read_stop(tcp.stream)
    case UV_EOF.rawValue:
      didReadEnd = true
      if closesWhenFlushed {
        touch()
      } else {
        handler?.streamDidReadEnd(self)
      }
    default:
      // After the last byte has left on a stream we are done with, its breaking is its end.
      let isExpected = closesWhenFlushed && didFinishWriting
      close(
        because: isExpected
          ? .closedHere : .failed(.connectionBroken(detail: UVError.name(status))))
    }
  }
}

// MARK: - Closing

extension LibUVStream {
  func fail(_ error: StreamError) {
    close(because: .failed(error))
  }

  func close(because reason: StreamCloseReason) {
    guard phase == .connecting || phase == .open else { return }
    phase = .closing
    closeReason = reason
    acceptsWrites = false
    connector?.cancel()
    connector = nil
    lingerTimer?.cancel()
    lingerTimer = nil
    uvLoop.buffers.giveBack(&pending)
    closeHandle()
  }

  /// A handle of ours is gone; it was the last one when the stream is closing.
  private func didClose(_ handle: UnsafeMutablePointer<uv_handle_t>) {
    guard phase == .closing, handle == tcp.base else { return }
    phase = .closed
    isWriting = false
    uvLoop.buffers.giveBack(&inFlight)
    writeRequest?.free()
    writeRequest = nil
    uvLoop.counters.openStreams -= 1
    precondition(uvLoop.counters.openStreams >= 0)
    let last = handler
    handler = nil
    last?.streamDidClose(self, reason: closeReason)
  }

  private func makeHandle() {
    let status = uv_tcp_init(uvLoop.uv, tcp.pointer)
    precondition(status == 0, "a TCP handle without a socket cannot fail: \(status)")
    tcp.retain(self)
  }

  private func closeHandle() {
    uv_close(tcp.base) { handle in
      UVLink.finish(handle, as: LibUVStream.self).didClose(handle!)
    }
  }
}
