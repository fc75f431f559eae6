internal import CLibUV
internal import Glibc
internal import Vocabulary

/// A listening socket: accepts what waits, many connections per wake-up, by itself.
///
/// Owns the descriptor and a spare one. When the process has no descriptor left, the spare is given
/// up to take a connection and close it at once: the peer learns now, the wake-up ends. When even
/// that fails, it stops listening for a moment: it never spins and never dies.
final class LibUVListener: Listener {
  let address: HostAndPort

  /// Connections taken in one wake-up before other events have their turn.
  static let batch = 128
  /// How long it does not listen when accepting is impossible.
  static let recovery = Duration.milliseconds(100)

  private let loop: LibUVLoop
  private let streamOptions: StreamOptions
  private let poll = UVHandle<uv_poll_t>()
  private let descriptor: Int32
  private var spare: Int32
  private let retryTimer: any LoopTimer
  private var handler: (any ListenerHandler)?

  init(
    on address: HostAndPort, loop: LibUVLoop, options: ListenerOptions,
    handler: any ListenerHandler
  ) throws(StreamError) {
    let socket = try ListeningSocket(on: address, options: options)
    self.address = HostAndPort(host: address.host, port: socket.port)
    self.loop = loop
    self.handler = handler
    streamOptions = options.stream
    descriptor = socket.descriptor
    spare = LibUVListener.openSpare()
    retryTimer = loop.makeTimer()
    let status = uv_poll_init(loop.uv, poll.pointer, descriptor)
    guard status == 0 else {
      poll.free()
      _ = Glibc.close(descriptor)
      closeSpare()
      throw .bindFailed(detail: UVError.name(status))
    }
    poll.retain(self)
    startPolling()
  }

  func close() {
    guard handler != nil else { return }
    handler = nil
    retryTimer.cancel()
    uv_close(poll.base) { handle in
      _ = UVLink.finish(handle, as: LibUVListener.self)
    }
    // libuv does not own the descriptor of a poll handle and has forgotten it by now.
    _ = Glibc.close(descriptor)
    closeSpare()
  }

  private func startPolling() {
    let status = uv_poll_start(poll.pointer, Int32(UV_READABLE.rawValue)) { handle, status, _ in
      UVLink.owner(handle!.pointee.data, as: LibUVListener.self) { $0.acceptWaiting(status) }
    }
    precondition(status == 0, "a listening socket cannot be polled: \(UVError.name(status))")
  }

  private func acceptWaiting(_ status: Int32) {
    guard status == 0 else { return pause() }
    for _ in 0..<LibUVListener.batch {
      guard handler != nil, loop.isUsable else { return }
      guard acceptOne() else { return }
    }
  }

  /// Takes one connection; false when none waits or accepting is to pause.
  private func acceptOne() -> Bool {
    var storage = sockaddr_in6()
    var length = socklen_t(MemoryLayout<sockaddr_in6>.size)
    let (accepted, peer) = withUnsafeMutablePointer(to: &storage) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        let flags = Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let accepted = accept4(descriptor, address, &length, flags)
        return (accepted, accepted < 0 ? nil : SocketAddress(copying: address))
      }
    }
    guard accepted >= 0 else { return recover(from: errno) }
    guard let stream = LibUVStream(loop: loop, accepted: accepted, from: peer, streamOptions)
    else {
      _ = Glibc.close(accepted)
      noteFailure()
      return true
    }
    loop.counters.acceptedStreams += 1
    handler?.listener(self, didAccept: stream)
    return true
  }

  /// Whether to go on accepting after an error.
  private func recover(from error: Int32) -> Bool {
    switch error {
    case EAGAIN:
      return false
    case ECONNABORTED, EINTR, EPROTO, EPERM, ENETDOWN, EHOSTUNREACH, ENETUNREACH, EHOSTDOWN:
      // The fault of that one connection (accept(2)): gone before we took it.
      return true
    case EMFILE, ENFILE:
      // Linux looks for a free descriptor first: nobody may be waiting at all.
      switch shedOne() {
      case EAGAIN: return false
      case 0:
        noteFailure()
        return true
      default: break
      }
    default:
      break
    }
    noteFailure()
    pause()
    return false
  }

  private func noteFailure() {
    loop.counters.failedAccepts += 1
    handler?.listenerDidFail(self)
  }

  /// Takes one connection with the spare descriptor and closes it.
  ///
  /// Returns 0, `EAGAIN` when none waits, or the error that made it impossible.
  private func shedOne() -> Int32 {
    guard spare >= 0 else { return EMFILE }
    closeSpare()
    let accepted = accept4(descriptor, nil, nil, Int32(SOCK_CLOEXEC.rawValue))
    let error = accepted >= 0 ? 0 : errno
    if accepted >= 0 { _ = Glibc.close(accepted) }
    spare = LibUVListener.openSpare()
    return spare >= 0 ? error : EMFILE
  }

  private func pause() {
    uv_poll_stop(poll.pointer)
    retryTimer.arm(after: LibUVListener.recovery, for: self)
  }

  private static func openSpare() -> Int32 {
    open("/dev/null", O_RDONLY | O_CLOEXEC)
  }

  private func closeSpare() {
    if spare >= 0 { _ = Glibc.close(spare) }
    spare = -1
  }
}

extension LibUVListener: LoopTimerHandler {
  func timerDidFire(_ timer: any LoopTimer) {
    guard handler != nil else { return }
    if spare < 0 { spare = LibUVListener.openSpare() }
    startPolling()
  }
}
