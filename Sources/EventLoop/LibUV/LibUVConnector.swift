internal import CLibUV
internal import Vocabulary

/// The way of an outgoing stream from a name to a connection: look-up, then one address at a time.
///
/// One time-out is over all of it. An address that neither answers nor refuses gets only its share
/// of what is left, so that a dead IPv6 route does not eat the time of the IPv4 address behind it.
/// Lives as long as its stream connects; the stream owns it and hears exactly one outcome, unless
/// it calls `cancel` first. Never calls the stream's handler.
final class LibUVConnector: LoopTimerHandler {
  let loop: LibUVLoop
  private let stream: LibUVStream
  private let peer: HostAndPort
  private let deadline: Instant
  private let timer: any LoopTimer
  private var untried: [SocketAddress] = []
  private var current: SocketAddress?
  private var isLookingUp = false
  private var isDone = false
  private var lastError = StreamError.connectTimedOut

  init(stream: LibUVStream, peer: HostAndPort, timeout: Duration) {
    loop = stream.uvLoop
    self.stream = stream
    self.peer = peer
    deadline = loop.now + timeout
    timer = loop.makeTimer()
  }

  /// Begins; an address known now is tried in this turn.
  func start() {
    if let address = SocketAddress(literal: peer.host, port: peer.port) {
      untried = [address]
      return tryNext()
    }
    timer.arm(after: deadline - loop.now, for: self)
    if let answer = loop.resolver.answer(for: peer.host, connector: self) {
      didResolve(answer)
    } else {
      isLookingUp = true
    }
  }

  /// Gives up without a word; for a stream that closes.
  func cancel() {
    isDone = true
    timer.cancel()
    if isLookingUp { loop.resolver.forget(self, waitingFor: peer.host) }
    isLookingUp = false
  }

  /// The resolver's answer.
  func didResolve(_ answer: NameCache.Answer) {
    guard !isDone else { return }
    isLookingUp = false
    switch answer {
    case .failed(let detail):
      finish(.resolutionFailed(detail: detail))
    case .addresses(let addresses):
      // Tried from the end.
      untried = addresses.reversed()
      for index in untried.indices { untried[index].port = peer.port }
      tryNext()
    }
  }

  /// The outcome of a try on `handle`, from libuv.
  func didTry(_ status: Int32) {
    guard !isDone, let address = current else { return }
    guard status == 0 else { return tryAgain(after: failure(status)) }
    guard stream.localAddress != address else {
      // Both ends are ours: the kernel gave us the very port we were calling.
      return tryAgain(after: failure(UV_ECONNREFUSED.rawValue))
    }
    isDone = true
    timer.cancel()
    stream.didConnect(to: address)
  }

  func timerDidFire(_ timer: any LoopTimer) {
    guard !isDone else { return }
    if current == nil || untried.isEmpty || loop.now >= deadline {
      finish(.connectTimedOut)
    } else {
      tryAgain(after: .connectTimedOut)
    }
  }

  private func tryAgain(after error: StreamError) {
    lastError = error
    if untried.isEmpty {
      finish(error)
    } else {
      stream.renewHandle()
      tryNext()
    }
  }

  private func tryNext() {
    while let address = untried.popLast() {
      current = address
      let status = startTry(address)
      if status == 0 {
        let share = (deadline - loop.now) / (untried.count + 1)
        timer.arm(after: max(share, .zero), for: self)
        return
      }
      lastError = failure(status)
      if !untried.isEmpty { stream.renewHandle() }
    }
    finish(lastError)
  }

  private func startTry(_ address: SocketAddress) -> Int32 {
    let request = UVHandle<uv_connect_t>()
    let status = address.withPointer { pointer, _ in
      uv_tcp_connect(request.pointer, stream.tcp.pointer, pointer) { request, status in
        let handle = request!.pointee.handle!
        request!.deallocate()
        UVLink.owner(handle.pointee.data, as: LibUVStream.self) {
          $0.didTry(on: handle, status: status)
        }
      }
    }
    if status != 0 { request.free() }
    return status
  }

  private func failure(_ status: Int32) -> StreamError {
    status == UV_ETIMEDOUT.rawValue
      ? .connectTimedOut : .connectFailed(detail: UVError.name(status))
  }

  private func finish(_ error: StreamError) {
    precondition(!isDone, "a connection has one outcome")
    isDone = true
    timer.cancel()
    if current != nil { loop.resolver.invalidate(peer.host) }
    if isLookingUp { loop.resolver.forget(self, waitingFor: peer.host) }
    isLookingUp = false
    stream.fail(error)
  }
}
