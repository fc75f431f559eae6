public import EventLoop
public import Vocabulary

/// A loop on a simulated host: virtual time and the world's network behind the `Loop` protocol.
///
/// Owns its open streams and one read buffer. Lives in its world's thread and must not outlive the
/// world. Driven by `SimulatedWorld.run…` together with all others, or by its own `run`. After
/// `stop` or a crash it is dead: calls on it and on what it made are ignored, and nothing hears
/// from it.
public final class SimulatedLoop: Loop {
  /// Bytes of one read at most, as the real loops read.
  static let readByteCount = 64 * 1024
  /// What the read buffer holds after a read, to show whoever kept a pointer into it.
  static let poison: UInt8 = 0xDB

  /// The host it runs on.
  public let host: SimulatedHost
  /// Who hears wakers and signals.
  public var handler: (any LoopHandler)?
  /// Whether it stopped or its host crashed.
  public private(set) var isDead = false

  unowned let world: SimulatedWorld
  private(set) var streams: [SimulatedStream] = []
  private(set) var watchedSignals: Set<Int32> = []
  private var unsent: [SimulatedStream] = []
  private var atWakeUpEnd = WakeUpEnd()
  private let readBuffer: UnsafeMutableRawBufferPointer
  private var isStopping = false
  private var isWakeUnderWay = false
  private lazy var ownWaker = SimulatedWaker(loop: self)

  init(host: SimulatedHost, world: SimulatedWorld) {
    self.host = host
    self.world = world
    readBuffer = .allocate(byteCount: SimulatedLoop.readByteCount, alignment: 16)
  }

  deinit {
    readBuffer.deallocate()
  }

  /// The virtual time of this wake-up.
  public var now: Instant { world.now }

  /// Wakes this loop; to be used in the world's thread only.
  public var waker: any LoopWaker { ownWaker }

  /// How many streams of this loop are not yet gone; for checks that nothing is left behind.
  public var streamCount: Int { streams.count }

  /// Opens a port under the host's own name, a loopback name, or an any-address.
  ///
  /// - Throws: `StreamError.bindFailed`: another host's name, or a port in use and not shared.
  public func listen(
    on address: HostAndPort, options: ListenerOptions, handler: any ListenerHandler
  ) throws(StreamError) -> any Listener {
    guard !isDead else { throw .bindFailed(detail: "ECANCELED") }
    return try host.bind(address, options: options, for: self, handler: handler)
  }

  /// Starts a connection to another host by name, or to this one by a loopback name.
  ///
  /// A name nobody has does not resolve; an IP literal nobody has times out.
  public func connect(
    to peer: HostAndPort, timeout: Duration, options: StreamOptions,
    handler: any ByteStreamHandler
  ) -> any ByteStream {
    let stream = SimulatedStream(connecting: self, to: peer, options: options, handler: handler)
    if !isDead { stream.startConnecting(timeout: timeout) }
    return stream
  }

  /// A timer on virtual time, not yet armed.
  public func makeTimer() -> any LoopTimer {
    SimulatedTimer(loop: self)
  }

  /// Makes `SimulatedHost.deliver(signal:)` of that number arrive at `handler`.
  public func watchSignal(_ number: Int32) {
    watchedSignals.insert(number)
  }

  /// Drives the whole world until this loop is dead, or nothing is left to happen in the world.
  public func run() {
    while !isDead, world.step() {}
  }

  /// Ends the loop at the end of this wake-up: every stream closes here and says so, then `run`
  /// returns.
  public func stop() {
    guard !isDead else { return }
    isStopping = true
    needsTurn()
  }

  func wake() {
    guard !isDead, !isWakeUnderWay else { return }
    isWakeUnderWay = true
    world.schedule(.wake(self), at: world.now)
  }

  func didWake() {
    isWakeUnderWay = false
    handler?.loopDidWake(self)
  }

  func didReceive(signal number: Int32) {
    handler?.loop(self, didReceiveSignal: number)
  }

  /// Sees to it that the current wake-up's end, or else one more wake-up, is this loop's.
  func needsTurn() {
    if world.awake !== self { world.schedule(.turn(self), at: world.now) }
  }

  /// The bytes of `stream` leave at the end of the wake-up.
  func sendLater(_ stream: SimulatedStream) {
    if unsent.isEmpty { needsTurn() }
    unsent.append(stream)
  }

  /// Calls `handler` at the end of this wake-up.
  public func callAtWakeUpEnd(_ handler: any WakeUpEndHandler) {
    guard !isDead else { return }
    if atWakeUpEnd.isEmpty { needsTurn() }
    atWakeUpEnd.append(handler)
  }

  func endWakeUp() {
    while !atWakeUpEnd.isEmpty {
      let called = atWakeUpEnd.takeWaiting()
      for handler in called where !isDead { handler.wakeUpWillEnd(self) }
      atWakeUpEnd.callWasMade(called)
    }
    var place = 0
    while place < unsent.count {
      unsent[place].transmit()
      place += 1
    }
    unsent.removeAll(keepingCapacity: true)
    if isStopping && !isDead { end() }
  }

  /// Lends `body` up to one read buffer of the bytes that arrived at `pipe`, and poisons it after.
  func read(
    _ pipe: SimulatedPipe, to room: UnsafeMutableRawBufferPointer?,
    _ body: (UnsafeRawBufferPointer) -> Void
  ) {
    if let room, room.count > 0 {
      let count = pipe.take(into: room)
      return body(UnsafeRawBufferPointer(rebasing: room[..<count]))
    }
    let count = pipe.take(into: readBuffer)
    let bytes = UnsafeMutableRawBufferPointer(rebasing: readBuffer[..<count])
    body(UnsafeRawBufferPointer(bytes))
    bytes.initializeMemory(as: UInt8.self, repeating: SimulatedLoop.poison)
  }

  func add(_ stream: SimulatedStream) {
    stream.place = streams.count
    streams.append(stream)
  }

  func remove(_ stream: SimulatedStream) {
    precondition(streams[stream.place] === stream, "a stream goes once, from its own loop")
    let last = streams.removeLast()
    if last !== stream {
      streams[stream.place] = last
      last.place = stream.place
    }
  }

  /// Dies without a word to anyone: everything lets go of its handler.
  func abandon() {
    isDead = true
    handler = nil
    unsent = []
    atWakeUpEnd.removeAll()
    let ended = streams
    streams = []
    for stream in ended { stream.abandon() }
  }

  /// Dies in order: each stream, also one made meanwhile, hears that it was closed here.
  private func end() {
    var closedCount = 0
    while let stream = streams.last {
      closedCount += 1
      precondition(closedCount < 1_000_000, "a handler goes on connecting while its loop ends")
      stream.close()
      stream.perform(.closed)
    }
    host.forget(self)
    abandon()
    world.queue.forEach { event in
      if case .timer(let timer, _) = event, timer.loop === self { timer.abandon() }
    }
  }
}
