internal import EventLoop
internal import Vocabulary
internal import Wire

// Clients that would rather speak HTTP/2 without TLS: by its first bytes (prior knowledge), or by
// `Upgrade: h2c` in a request (RFC 7540 §3.2).
extension HTTP1FrontendConnection {
  /// Whether the client may be spoken to in HTTP/2: not if ALPN has said HTTP/1.1.
  private var mayChange: Bool { !frontend.http2.isOff && stream.negotiatedProtocol == nil }

  /// Looks at bytes that are no request of HTTP/1.1, so at no cost for those that are.
  ///
  /// - Returns: how many of them are done with; nil where they are not HTTP/2 either.
  func readPreface(_ bytes: UnsafeRawBufferPointer) -> Int? {
    guard requestCount == 0, mayChange, case .readingHead = state else { return nil }
    switch HTTP2Preface.likeness(of: bytes) {
    case .none: return nil
    case .part:
      if !isHeadTimed { timer.arm(after: frontend.timeouts.requestHead, for: self) }
      isHeadTimed = true
      parser.reset()
      return 0
    case .whole:
      if let exchange { frontend.giveBack(exchange) }
      exchange = nil
      handOver(to: HTTP2FrontendConnection(stream: stream, frontend: frontend))
      giveSuccessor(bytes)
      return bytes.count
    }
  }

  /// Changes to HTTP/2 if a request without a body asks for it properly; the answer is then its
  /// first stream's.
  ///
  /// Whatever is wrong with the wish is ignored: it is a wish.
  func upgrade(_ exchange: Exchange) -> Bool {
    guard mayChange, !frontend.isDraining, exchange.head.keepsAlive,
      exchange.head.framing.isEmpty,
      let settings = HTTP2UpgradeOffer.settings(in: exchange.head, exchange.headBytes.bytes)
    else { return false }
    let next = HTTP2FrontendConnection(stream: stream, frontend: frontend)
    guard next.takeUpgrade(settings, method: exchange.head.method) else { return false }
    let switching: StaticString =
      "HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: h2c\r\n\r\n"
    stream.write(
      UnsafeRawBufferPointer(start: switching.utf8Start, count: switching.utf8CodeUnitCount))
    self.exchange = nil
    handOver(to: next)
    next.beginUpgraded(exchange)
    return true
  }

  /// Lets another connection have the stream, and the place among the front end's.
  private func handOver(to next: HTTP2FrontendConnection) {
    timer.cancel()
    state = .closed
    successor = next
    frontend.release(self)
    frontend.keep(next)
  }

  /// Passes on what has come beyond the last request.
  func giveSuccessor(_ bytes: UnsafeRawBufferPointer) {
    guard let next = successor else { preconditionFailure("somebody took over") }
    successor = nil
    if !bytes.isEmpty { next.stream(stream, didRead: bytes) }
  }
}
