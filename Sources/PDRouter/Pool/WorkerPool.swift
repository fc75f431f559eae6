package import EventLoop
package import Vocabulary
internal import Wire

/// One loop's connections to one worker.
///
/// Owns them until they close; confined to its loop. Legs start here and get an idle connection or
/// a new one, or a stream of one that carries many where the worker speaks HTTP/2; nobody waits in
/// line, since an engine queues better than a proxy can. What an https worker speaks shows when a
/// connection is up, and is remembered. HTTP/2 is in `WorkerPool+HTTP2`.
package final class WorkerPool {
  /// The worker.
  package let worker: Worker
  let loop: any Loop
  private var timeouts: Timeouts
  /// How TLS is spoken with the worker, and as what it is called; nil for plain connections.
  private let security: LoopSecurity?
  private let callee: TransportSecurity.Callee
  private lazy var resumption = TLSResumption()
  private let limits: Limits
  /// What the worker speaks, as far as is known.
  var spoken: ApplicationProtocol
  /// Silence after which a worker that has streams is asked whether it lives; 0 for never.
  var pingInterval: Duration
  /// How long it may take to say so.
  let pingTimeout: Duration
  /// Connections of HTTP/2 and their streams.
  var multiplexed: MultiplexedPool<HTTP2WorkerConnection>
  /// Streams without a leg, for the next ones.
  var spareStreams: [HTTP2WorkerStream] = []
  private var book: ConnectionPool<HTTP1WorkerConnection>
  /// What carries legs, in no order; each knows its place.
  private var busy: [any LegCarrier] = []

  /// Where framing is written, one piece at a time.
  var scratch = ByteBuffer()
  /// Connections with and without a leg when the worker's tally was last told of them.
  private var told = (busy: 0, idle: 0)

  /// A pool without connections.
  package init(
    worker: Worker, loop: any Loop, limits: Limits, timeouts: Timeouts,
    speaking settings: WorkerProtocolSettings = WorkerProtocolSettings(),
    security: LoopSecurity? = nil, callee: TransportSecurity.Callee = .worker
  ) {
    self.worker = worker
    self.loop = loop
    self.timeouts = timeouts
    self.limits = limits
    self.callee = callee
    self.security =
      worker.url.scheme == .https
      ? security ?? LoopSecurity(TransportSecurity(), on: loop, metrics: LoopMetrics()) : nil
    spoken = settings.expected(of: worker.url.scheme)
    pingInterval = settings.pingInterval
    pingTimeout = settings.pingTimeout
    multiplexed = MultiplexedPool(
      limit: limits.connectionsPerWorker, idleTimeout: timeouts.workerIdle)
    book = ConnectionPool(
      limit: limits.connectionsPerWorker, idleLimit: limits.idleConnectionsPerWorker,
      idleTimeout: timeouts.workerIdle)
  }

  /// Goes by other time-outs from now on.
  func take(_ timeouts: Timeouts) {
    self.timeouts = timeouts
    book.idleTimeout = timeouts.workerIdle
    multiplexed.idleTimeout = timeouts.workerIdle
  }

  /// The loop's time.
  var now: Instant { loop.now }

  /// Bytes of requests that the worker has not taken yet.
  var bufferedByteCount: Int { busy.reduce(0) { $0 + $1.bufferedByteCount } }

  /// Connections without a leg, for metrics.
  var idleCount: Int { book.idleCount + multiplexed.idleCount }

  /// Gives `leg` a connection; it is asked for its request now (reuse) or once connected.
  ///
  /// - Returns: false when the limit of connections is reached; the leg hears nothing then.
  package func start(_ leg: Leg, fresh: Bool = false) -> Bool {
    guard spoken == .http1 else { return startStream(leg, fresh: fresh) }
    switch book.lease(now: loop.now, fresh: fresh) {
    case .reuse(let connection):
      connection.carry(leg)
    case .connect:
      let connection = HTTP1WorkerConnection(pool: self, leg: leg)
      connection.attach(to: dial(connection))
    case .refused:
      return false
    }
    return true
  }

  /// Gives `leg` a connection of HTTP/1.1 on `stream`, which is up.
  func carry(_ leg: Leg, onHTTP1 stream: any ByteStream) {
    if case .refused = book.lease(now: loop.now, fresh: true) {
      stream.close()
      leg.observer.leg(leg, didFail: .poolFull)
      return
    }
    let connection = HTTP1WorkerConnection(pool: self, leg: leg)
    connection.attach(to: stream)
    stream.handler = connection
    connection.streamDidConnect(stream)
  }

  /// Begins to connect to the worker: `handler` hears `streamDidConnect` or `streamDidClose` within
  /// the time for connecting, never before this returns.
  func dial(_ handler: any ByteStreamHandler) -> any ByteStream {
    guard let security else {
      return loop.connect(
        to: worker.url.peer, timeout: timeouts.connect, options: StreamOptions(), handler: handler)
    }
    return security.dial(
      worker.url.peer, as: callee, timeout: timeouts.connect, resumption: resumption,
      handler: handler)
  }

  /// Closes what has been idle for too long; called about once a second.
  package func closeExpired() {
    while let connection = book.takeExpired(now: loop.now) { connection.close() }
    lookAtStreams()
  }

  /// Tells the worker's tally how many connections there are; called about once a second.
  func tellConnections() {
    let streaming = multiplexed.count - multiplexed.idleCount
    let current = (busy: book.leased + streaming, idle: idleCount)
    worker.tally.noteConnections(
      busy: current.busy - told.busy, idle: current.idle - told.idle)
    told = current
  }

  /// Fails the legs of which nothing was heard for `silence`, if probes find the worker unhealthy:
  /// a hung engine keeps its connections open for ever.
  package func breakSilent(after silence: Duration) {
    guard !worker.isHealthy, !busy.isEmpty else { return }
    let now = loop.now
    // A copy: what one failure sets off may change the list.
    for carrier in busy where now - carrier.lastHeard >= silence { carrier.giveUp() }
  }

  /// Something begins to carry a leg.
  func noteBusy(_ carrier: any LegCarrier) {
    carrier.busyPlace = busy.count
    busy.append(carrier)
  }

  /// It carries none any more.
  func noteNotBusy(_ carrier: any LegCarrier) {
    let place = carrier.busyPlace
    precondition(busy[place] === carrier, "what carries a leg knows its place")
    let last = busy.removeLast()
    guard last !== carrier else { return }
    busy[place] = last
    last.busyPlace = place
  }

  /// Closes all idle connections.
  package func closeIdle() {
    while let connection = book.takeAny() { connection.close() }
    while let connection = multiplexed.takeIdle() { connection.closeGracefully() }
  }

  /// A connection is done with its leg: keeps it if it may, and none to a worker that has left.
  func park(_ connection: HTTP1WorkerConnection) -> Bool {
    noteNotBusy(connection)
    guard worker.state != .gone else {
      book.endLease()
      return false
    }
    return book.park(connection, now: loop.now)
  }

  /// A connection that carried a leg is gone or about to be.
  func endLease(of connection: HTTP1WorkerConnection) {
    noteNotBusy(connection)
    book.endLease()
  }

  /// An idle connection is gone.
  func forgetIdle(_ connection: HTTP1WorkerConnection) {
    book.forgetIdle(connection)
  }
}
