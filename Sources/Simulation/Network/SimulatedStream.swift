public import EventLoop
internal import Vocabulary

/// One end of a simulated TCP connection, confined to its loop.
///
/// Behaves as a socket behind `ByteStream` does: the kernel takes what fits, the rest waits in the
/// writer and is counted; a closed end answers with a reset what still arrives for it. `close` ends
/// the stream for the peer when nothing was thrown away by it, and resets it when bytes lay unread
/// or unsent. Bytes under way before the end or the reset arrive before it. Costs one event per
/// packet; holds no memory once both ends are closed.
public final class SimulatedStream: ByteStream {
  enum Phase {
    case connecting
    case open
    /// Over for the peer, with `streamDidClose` still to come.
    case closed
    case gone
  }

  /// Who hears of bytes and of the end; nobody any more once that was told.
  public var handler: (any ByteStreamHandler)?
  /// Unique in the world, in order of making.
  public let number: UInt64

  let simulatedLoop: SimulatedLoop
  let peer: HostAndPort
  let options: StreamOptions
  let outbound: SimulatedPipe
  let inbound: SimulatedPipe
  let localPort: UInt16
  var phase: Phase
  /// Where it stands in its loop's list of streams.
  var place = 0
  var closeReason = StreamCloseReason.closedHere

  var isPaused = false
  var isReadScheduled = false
  var isEndReceived = false
  var isEndDelivered = false
  var isResetReceived = false

  var isSendPending = false
  var isFinishing = false
  var isEndSent = false
  var isLingering = false
  var isAboveHighMark = false
  var isDrainScheduled = false
  var isPeerWatched = false

  /// An outgoing stream, not yet known to its loop.
  init(
    connecting loop: SimulatedLoop, to peer: HostAndPort, options: StreamOptions,
    handler: any ByteStreamHandler
  ) {
    precondition(options.lowWatermark <= options.highWatermark)
    let target = loop.world.host(meantBy: peer.host, on: loop.host) ?? loop.host
    outbound = SimulatedPipe(from: loop.host, to: target)
    inbound = SimulatedPipe(from: target, to: loop.host)
    outbound.reverse = inbound
    inbound.reverse = outbound
    number = loop.world.makeStreamNumber()
    simulatedLoop = loop
    self.peer = peer
    self.options = options
    self.handler = handler
    localPort = loop.host.makeClientPort()
    phase = .connecting
    outbound.writer = self
    inbound.reader = self
  }

  /// The listener's end of what `client` began.
  init(accepting client: SimulatedStream, on listener: SimulatedListener) {
    let loop = listener.loop
    outbound = client.inbound
    inbound = client.outbound
    number = loop.world.makeStreamNumber()
    simulatedLoop = loop
    peer = HostAndPort(host: client.simulatedLoop.host.name, port: client.localPort)
    options = listener.options.stream
    localPort = listener.address.port
    phase = .open
    loop.add(self)
  }

  /// The loop that owns the stream.
  public var loop: any Loop { simulatedLoop }

  /// The name and port of the peer's end.
  public var peerDescription: String { peer.description }

  /// Bytes written that the kernels have not taken; 0 once the stream is closed.
  public var bufferedByteCount: Int { isUsable ? outbound.queuedCount : 0 }

  var world: SimulatedWorld { simulatedLoop.world }

  /// Whether calls still mean something.
  var isUsable: Bool { phase == .connecting || phase == .open }

  func startConnecting(timeout: Duration) {
    simulatedLoop.add(self)
    schedule(.connectTimedOut, at: world.now + timeout)
    if world.host(meantBy: peer.host, on: simulatedLoop.host) != nil {
      world.send(.open, on: outbound)
    } else if !SimulatedWorld.isAddress(peer.host) {
      let delay = world.generator.number(in: world.figures.latency)
      schedule(.resolutionFailed, at: world.now + .nanoseconds(delay))
    }
  }

  func didConnect() {
    precondition(phase == .connecting, "a stream connects once")
    phase = .open
    if world.isBlocked(outbound) { watchPeer() }
    if outbound.queuedCount > 0 || isFinishing || isLingering { sendAtEndOfWakeUp() }
    handler?.streamDidConnect(self)
  }

  func schedule(_ step: Step, at instant: Instant) {
    world.schedule(.stream(self, step), at: instant)
  }
}

extension SimulatedStream: CustomStringConvertible {
  /// The host and the stream's number, as traces show it.
  public var description: String { "\(simulatedLoop.host.name) #\(number)" }
}
