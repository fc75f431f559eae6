internal import EventLoop
internal import Vocabulary

/// One machine of a simulated world: a name, its ports, its loops; what crashes and restarts as
/// one.
///
/// Alive while it has loops. A crash ends all of them between two instructions of theirs: nothing
/// on them is ever called again, not even `streamDidClose`, and they let go of every handler. The
/// name stays known, so a connection to a dead host is refused (or, when it fell silent, times
/// out).
public final class SimulatedHost {
  /// The name under which other hosts connect.
  public let name: String

  /// The loops that run here, oldest first.
  public private(set) var loops: [SimulatedLoop] = []

  /// Whether the machine is gone without a trace, as opposed to one that answers with resets.
  public private(set) var isVanished = false

  let number: Int
  unowned let world: SimulatedWorld
  private var listeners: [UInt16: [SimulatedListener]] = [:]
  private var nextClientPort: UInt16 = 32768
  private var nextListeningPort: UInt16 = 49152

  init(name: String, number: Int, world: SimulatedWorld) {
    self.name = name
    self.number = number
    self.world = world
  }

  /// Whether anything runs here.
  public var isAlive: Bool { !loops.isEmpty }

  /// The first loop; the host must be alive.
  public var loop: SimulatedLoop {
    precondition(isAlive, "\(name) has no loop: it crashed or stopped")
    return loops[0]
  }

  /// One more loop on this host, as a program with several threads has.
  public func makeLoop() -> SimulatedLoop {
    precondition(!isVanished, "\(name) vanished: restart it")
    let loop = SimulatedLoop(host: self, world: world)
    loops.append(loop)
    return loop
  }

  /// Ends everything here at once; may be called from a callback of its own.
  public func crash(leaving traceLeft: CrashTrace = .resets) {
    world.note("\(name) crashes leaving \(traceLeft)")
    let ended = loops
    loops = []
    listeners = [:]
    if traceLeft == .silence { isVanished = true }
    for loop in ended {
      for stream in loop.streams { stream.sayFarewell(traceLeft) }
      loop.abandon()
    }
    world.queue.forEach { event in
      if case .timer(let timer, _) = event, timer.loop.isDead { timer.abandon() }
    }
    guard traceLeft == .silence else { return }
    world.forEachStream { if $0.outbound.target === self { $0.watchPeer() } }
  }

  /// Starts a dead host again, empty; peers of its former streams learn of it by resets.
  public func restart() -> SimulatedLoop {
    precondition(!isAlive, "\(name) is alive")
    world.note("\(name) restarts")
    isVanished = false
    world.releaseHeldPackets()
    return makeLoop()
  }

  /// Sends a signal to the program here; one that no loop watches kills it, as Linux would.
  public func deliver(signal number: Int32) {
    let watching = loops.filter { $0.watchedSignals.contains(number) }
    guard !watching.isEmpty else { return crash(leaving: .ends) }
    for loop in watching {
      world.schedule(.signal(loop, number), at: world.now)
    }
  }

  /// Names by which every host means itself.
  static func isOwnName(_ name: String) -> Bool {
    switch name {
    case "", "localhost", "127.0.0.1", "::1", "0.0.0.0", "::": true
    default: false
    }
  }

  /// Opens a port for `loop`; the port is chosen here when 0 is asked for.
  func bind(
    _ address: HostAndPort, options: ListenerOptions, for loop: SimulatedLoop,
    handler: any ListenerHandler
  ) throws(StreamError) -> SimulatedListener {
    guard address.host == name || SimulatedHost.isOwnName(address.host) else {
      throw .bindFailed(detail: "EADDRNOTAVAIL")
    }
    let port = address.port != 0 ? address.port : try freePort()
    let others = listeners[port, default: []]
    guard others.allSatisfy({ $0.options.sharesPort && options.sharesPort }) else {
      throw .bindFailed(detail: "EADDRINUSE")
    }
    let listener = SimulatedListener(
      address: HostAndPort(host: address.host, port: port), options: options, loop: loop,
      handler: handler)
    listeners[port] = others + [listener]
    return listener
  }

  /// Who gets the next connection to `port`; drawn where several listeners share it.
  func listener(
    on port: UInt16, fromItself: Bool, generator: inout SplitMix64
  ) -> SimulatedListener? {
    guard var candidates = listeners[port] else { return nil }
    if !fromItself { candidates.removeAll { $0.isLoopbackOnly } }
    guard candidates.count > 1 else { return candidates.first }
    return candidates[Int(generator.number(below: UInt64(candidates.count)))]
  }

  func unbind(_ listener: SimulatedListener) {
    let port = listener.address.port
    listeners[port]?.removeAll { $0 === listener }
    if listeners[port]?.isEmpty == true { listeners[port] = nil }
  }

  /// A loop came to its own, orderly end.
  func forget(_ loop: SimulatedLoop) {
    loops.removeAll { $0 === loop }
    for (port, bound) in listeners {
      let left = bound.filter { $0.loop !== loop }
      listeners[port] = left.isEmpty ? nil : left
    }
  }

  /// The port an outgoing connection comes from.
  func makeClientPort() -> UInt16 {
    defer { nextClientPort = nextClientPort == .max ? 32768 : nextClientPort + 1 }
    return nextClientPort
  }

  /// Ends everything without a trace, at the end of the world.
  func abandonLoops() {
    for loop in loops { loop.abandon() }
    loops = []
    listeners = [:]
  }

  private func freePort() throws(StreamError) -> UInt16 {
    for _ in 49152...UInt16.max {
      let port = nextListeningPort
      nextListeningPort = port == .max ? 49152 : port + 1
      if listeners[port] == nil { return port }
    }
    throw .bindFailed(detail: "EADDRINUSE")
  }
}
