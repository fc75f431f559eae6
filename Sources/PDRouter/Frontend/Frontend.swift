public import EventLoop
public import Vocabulary
internal import Wire

/// One listening address of one loop: accepts connections within a limit and makes exchanges of
/// them.
///
/// Owns its connections; confined to its loop. The router's main port, its metrics port and the
/// simulated engines all are front ends with different handlers.
public final class Frontend: ListenerHandler {
  /// Who answers the requests.
  public let handler: any ExchangeHandler
  private(set) var limits: Limits
  private(set) var timeouts: Timeouts
  /// How often an answer under way is looked at whether the client takes it: worked out once, as
  /// dividing a duration costs 400 instructions.
  private(set) var stallLook: Duration
  private let loop: any Loop
  private var listener: (any Listener)?
  private var connections: [ObjectIdentifier: any FrontendConnection] = [:]
  private var spareExchanges: [Exchange] = []
  private var spareStreams: [HTTP2FrontendStream] = []
  /// How HTTP/2 is spoken, on connections that begin from then on.
  var http2 = ClientHTTP2Settings() {
    didSet { sessionSettings = Frontend.sessionSettings(http2, limits) }
  }
  /// The same as sessions want to know it.
  private(set) var sessionSettings: HTTP2Settings
  /// What was seen of HTTP/2.
  var http2Figures = HTTP2Figures()
  /// Where frames are made, for one connection at a time.
  var outputScratch = ByteBuffer()
  /// Whether each answer is the last on its connection.
  private(set) var isDraining = false
  /// The open connections of all front ends that share a limit; nil for a limit of its own.
  var sharedCount: ConnectionCount?
  /// How TLS is spoken with clients; nil for not at all.
  var security: LoopSecurity?
  /// Writes the fields of cross-origin sharing; nil for none.
  var crossOrigin: CrossOrigin?
  /// What heads and bodies of requests may cost.
  private(set) var messageLimits: HTTP1Limits
  /// Asked for each new connection whether it may stay; how a simulated engine refuses.
  package var admits: (() -> Bool)?
  private var whenEmpty: (() -> Void)?
  /// Where answer heads are built, one at a time.
  var headScratch = ByteBuffer(capacity: 4096)
  /// Connections closed at once because as many were open as may be.
  public private(set) var refusedConnections = 0

  /// A front end that does not listen yet.
  public init(loop: any Loop, handler: any ExchangeHandler, limits: Limits, timeouts: Timeouts) {
    self.loop = loop
    self.handler = handler
    self.limits = limits
    self.timeouts = timeouts
    stallLook = timeouts.answerStall / 4
    messageLimits = Frontend.messageLimits(limits)
    sessionSettings = Frontend.sessionSettings(http2, limits)
  }

  /// Goes by other bounds from now on; the size of heads is bounded anew for new connections.
  func take(_ limits: Limits, _ timeouts: Timeouts) {
    self.limits = limits
    self.timeouts = timeouts
    stallLook = timeouts.answerStall / 4
    messageLimits = Frontend.messageLimits(limits)
    sessionSettings = Frontend.sessionSettings(http2, limits)
  }

  static func messageLimits(_ limits: Limits) -> HTTP1Limits {
    var message = HTTP1Limits()
    message.headBytes = limits.headBytes
    message.headerCount = limits.headerCount
    return message
  }

  /// Starts listening.
  ///
  /// - Returns: the bound address, with the real port when 0 was asked for.
  /// - Throws: `StreamError.bindFailed`.
  @discardableResult
  public func listen(
    on address: HostAndPort, sharesPort: Bool
  ) throws(StreamError) -> HostAndPort {
    var options = ListenerOptions()
    options.sharesPort = sharesPort
    options.stream.highWatermark = limits.clientHighWatermarkBytes
    options.stream.lowWatermark = limits.clientLowWatermarkBytes
    let listener = try loop.listen(on: address, options: options, handler: self)
    self.listener = listener
    return listener.address
  }

  /// The loop's time.
  var now: Instant { loop.now }

  /// Open client connections.
  public var connectionCount: Int { connections.count }

  /// Bytes of request bodies that have come and wait to be taken.
  var untakenBodyBytes: Int {
    connections.values.reduce(0) { $0 + $1.untakenBodyByteCount }
  }

  /// A new client.
  public func listener(_ listener: any Listener, didAccept stream: any ByteStream) {
    guard admits?() ?? true, takePlace() else {
      refusedConnections += 1
      handler.didRefuseConnection(.limit)
      stream.close()
      return
    }
    if security?.meet(stream, for: self) != true { begin(stream, as: .http1) }
  }

  /// Speaks TLS with new clients.
  package func speakTLS(_ security: TransportSecurity) {
    self.security = LoopSecurity(security, on: loop, metrics: LoopMetrics())
  }

  /// Begins to speak with a client, for whom a place was taken.
  func begin(_ stream: any ByteStream, as spoken: ApplicationProtocol) {
    switch spoken {
    case .http1: keep(HTTP1FrontendConnection(stream: stream, frontend: self))
    case .http2: keep(HTTP2FrontendConnection(stream: stream, frontend: self))
    }
  }

  /// Owns `connection` from now on and lets it begin.
  func keep(_ connection: some FrontendConnection) {
    connections[ObjectIdentifier(connection)] = connection
    connection.start()
  }

  /// Lets go of a connection that hands its stream, and so its place, over to another one.
  func release(_ connection: some FrontendConnection) {
    let released = connections.removeValue(forKey: ObjectIdentifier(connection))
    precondition(released != nil, "only what is owned is handed over")
  }

  private func takePlace() -> Bool {
    sharedCount?.take() ?? (connections.count < limits.clientConnections)
  }

  /// A client could not be taken for want of a descriptor.
  public func listenerDidFail(_ listener: any Listener) {
    handler.didRefuseConnection(.noDescriptor)
  }

  /// Goes on accepting, but lets every answer be the last on its connection.
  func beginLeaving() {
    isDraining = true
  }

  /// Stops accepting, closes idle connections, and lets live answers be the last of theirs.
  ///
  /// `whenEmpty` is called whenever the last connection has gone from then on; not at all when
  /// there is none.
  public func drain(whenEmpty: (() -> Void)? = nil) {
    isDraining = true
    self.whenEmpty = whenEmpty
    listener?.close()
    listener = nil
    for connection in connections.values { connection.closeIfIdle() }
  }

  /// Ends everything now, as a program that waits no longer: live answers get their last words.
  func cutShort() {
    isDraining = true
    listener?.close()
    listener = nil
    for connection in connections.values { connection.cutShort() }
  }

  /// Closes everything now, as a process that dies would: what was written has left.
  public func abort() {
    listener?.close()
    listener = nil
    for connection in connections.values { connection.abort() }
  }

  /// A client is gone, and its place is free.
  func connectionDidClose(_ connection: some FrontendConnection) {
    connections[ObjectIdentifier(connection)] = nil
    sharedCount?.giveBack()
    if connections.isEmpty { whenEmpty?() }
  }

  /// An exchange for a new request: a used one that nobody holds any more, else a fresh one.
  func takeExchange() -> Exchange {
    while var spare = spareExchanges.popLast() {
      if isKnownUniquelyReferenced(&spare) { return spare }
    }
    return Exchange()
  }

  /// Takes an exchange back whose answer has ended.
  func giveBack(_ exchange: Exchange) {
    guard spareExchanges.count < 64 else { return }
    exchange.hasBegun = false
    exchange.isBodyComplete = true
    exchange.client = nil
    exchange.ownFields.removeAll()
    exchange.trailers.removeAll(keepingCapacityUpTo: 0)
    exchange.hasHead = false
    // The head stays, for the next request to repeat it.
    if exchange.headBytes.count > 4096 {
      exchange.headBytes.releaseMemory()
      exchange.headMemo.forget()
    }
    exchange.body.removeAll(keepingCapacityUpTo: 64 * 1024)
    spareExchanges.append(exchange)
  }

  /// A stream for a new request on an HTTP/2 connection.
  func takeStream() -> HTTP2FrontendStream {
    spareStreams.popLast() ?? HTTP2FrontendStream(frontend: self, loop: loop)
  }

  /// Takes a stream back that is over.
  func giveBack(_ stream: HTTP2FrontendStream) {
    if spareStreams.count < 256 { spareStreams.append(stream) }
  }
}
