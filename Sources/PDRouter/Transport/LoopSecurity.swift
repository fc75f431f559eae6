package import EventLoop
package import Vocabulary
package import Wire

/// The TLS of one loop: makes streams of both sides, counts and logs how their handshakes end, and
/// keeps handshakes from taking the loop's whole time.
///
/// A signature costs some 0.2 ms, so at most `hellosPerWakeUp` first messages are answered in one
/// wake-up; the others wait in order, and live streams have their turn in between. At most
/// `Limits.tlsHandshakes` are under way: one more ends the oldest one, which is the likeliest to be
/// going nowhere. Confined to its loop.
package final class LoopSecurity {
  /// First messages that are answered in one wake-up.
  static let hellosPerWakeUp = 16

  let shared: TransportSecurity
  let loop: any Loop
  let metrics: LoopMetrics
  let scratch = TLSScratch()
  /// Handshakes of clients that are under way, by number; numbers go up.
  private var handshakes: [Int: FrontendHandshake] = [:]
  private var oldest = 0
  private var next = 0
  /// Those who wait for their turn, in order; gone ones are passed over.
  private var queue: [TLSStream] = []
  private var queueStart = 0
  private let timer: any LoopTimer
  private var turn = Instant.zero
  private var turnsTaken = 0

  /// The TLS of `loop`.
  package init(_ shared: TransportSecurity, on loop: any Loop, metrics: LoopMetrics) {
    self.shared = shared
    self.loop = loop
    self.metrics = metrics
    timer = loop.makeTimer()
  }

  /// Handshakes of clients that are under way.
  var handshakeCount: Int { handshakes.count }

  /// First messages that wait for their turn.
  var waitingCount: Int { queue.count - queueStart }

  /// Begins a handshake with a client that `frontend` has a place for; false when the port speaks
  /// no TLS after all.
  func meet(_ stream: any ByteStream, for frontend: Frontend) -> Bool {
    guard let context = shared.clients else { return false }
    var options = StreamOptions()
    options.highWatermark = frontend.limits.clientHighWatermarkBytes
    options.lowWatermark = frontend.limits.clientLowWatermarkBytes
    let secure = TLSStream(
      accepted: stream, context, options, timeout: frontend.timeouts.tlsHandshake,
      scratch: scratch, witness: self)
    if handshakes.count >= frontend.limits.tlsHandshakes { endOldest(for: frontend) }
    let handshake = FrontendHandshake(secure, for: frontend, number: next, security: self)
    handshakes[next] = handshake
    next += 1
    frontend.keep(handshake)
    return true
  }

  /// A handshake is over.
  func end(_ handshake: FrontendHandshake) {
    handshakes[handshake.number] = nil
    while oldest < next, handshakes[oldest] == nil { oldest += 1 }
  }

  private func endOldest(for frontend: Frontend) {
    guard let handshake = handshakes[oldest] else { return }
    frontend.handler.didRefuseConnection(.handshakes)
    end(handshake)
    handshake.abort()
  }

  /// Begins to connect to `callee` at `peer`; `handler` hears of it once TLS is up.
  package func dial(
    _ peer: HostAndPort, as callee: TransportSecurity.Callee, timeout: Duration,
    resumption: TLSResumption, handler: any ByteStreamHandler
  ) -> any ByteStream {
    let options = StreamOptions()
    let stream = TLSStream(
      .client(shared.context(for: callee), host: peer.host, resumption: resumption), on: loop,
      options, timeout: timeout, scratch: scratch, witness: self, handler: handler)
    stream.attach(to: loop.connect(to: peer, timeout: timeout, options: options, handler: stream))
    return stream
  }

  /// Makes new ticket keys when it is time; called about once a second.
  func keepTime() {
    shared.tickets.advance(to: loop.now)
  }
}

extension LoopSecurity: TLSHandshakeWitness {
  func mayBegin(_ stream: TLSStream) -> Bool {
    if loop.now != turn {
      turn = loop.now
      turnsTaken = 0
    }
    guard waitingCount == 0, turnsTaken < LoopSecurity.hellosPerWakeUp else {
      queue.append(stream)
      if !timer.isArmed { timer.arm(after: .zero, for: self) }
      return false
    }
    turnsTaken += 1
    return true
  }

  func stream(_ stream: TLSStream, handshakeDidEndWith failure: TLSFailure?) {
    let side = stream.isServer ? TLSSide.client : .worker
    metrics.countHandshake(side, failure, isResumed: failure == nil && stream.isResumed)
    guard let failure else { return }
    shared.log(failure, side, peer: stream.peerDescription, now: loop.now)
  }
}

extension LoopSecurity: LoopTimerHandler {
  /// Those who wait have their turn.
  package func timerDidFire(_ timer: any LoopTimer) {
    turn = loop.now
    turnsTaken = 0
    while turnsTaken < LoopSecurity.hellosPerWakeUp, queueStart < queue.count {
      let stream = queue[queueStart]
      queueStart += 1
      guard stream.phase == .handshaking else { continue }
      turnsTaken += 1
      stream.goOn()
    }
    if queueStart == queue.count {
      queue.removeAll(keepingCapacity: queue.count <= 1024)
      queueStart = 0
    } else {
      timer.arm(after: .zero, for: self)
    }
  }
}
