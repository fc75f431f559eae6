public import EventLoop
internal import JSONFields
public import KVTransfer
internal import Policies
public import Vocabulary
internal import Wire

/// One loop's router: front ends, requests, worker connections, policies and ledger, all of one
/// thread.
///
/// Shares with other loops only the registry (its version, the workers' counters and health flags).
/// Runs on any `Loop`: libuv's for the program, the simulated one for whole-router tests.
public final class RouterLoop {
  /// The loop it runs on.
  public let loop: any Loop
  let configuration: RouterConfiguration
  let registry: WorkerRegistry
  let metrics: LoopMetrics
  let connector: any KVConnector
  var ledger: KVLedger
  var generator: SplitMix64
  var edits = BodyEdits()
  /// Where heads of leg requests are built, one at a time.
  var headScratch = ByteBuffer(capacity: 4096)
  /// Where fields of answers are built, one at a time.
  var answerFields = ByteBuffer(capacity: 4096)
  /// Who is told of each request's end, besides the metrics.
  public var routeObserver: (any RouteObserver)?

  private var workers: LoopWorkers
  private var prefillPolicy: any Policy
  private var servingPolicy: any Policy
  private var pools: [WorkerPool?] = []
  private var frontends: [Frontend] = []
  private var spareRequests: [Request] = []
  private(set) var requestsInFlight = 0
  private let housekeeping: any LoopTimer
  private var whenIdle: (() -> Void)?

  /// A router on `loop` for the workers of `registry`; nothing listens yet.
  public init(
    loop: any Loop, configuration: RouterConfiguration, registry: WorkerRegistry,
    metrics: LoopMetrics, seed: UInt64
  ) {
    self.loop = loop
    self.configuration = configuration
    self.registry = registry
    self.metrics = metrics
    connector = configuration.makeConnector()
    ledger = KVLedger(lease: connector.leaseDuration, margin: configuration.leaseMargin)
    generator = SplitMix64(seed: seed)
    workers = LoopWorkers(registry: registry)
    prefillPolicy = (configuration.prefillPolicy ?? configuration.policy).make()
    servingPolicy = (configuration.decodePolicy ?? configuration.policy).make()
    housekeeping = loop.makeTimer()
    housekeeping.arm(after: .seconds(1), for: self)
  }

  /// Opens a port for clients.
  ///
  /// - Returns: the bound address.
  /// - Throws: `StreamError.bindFailed`.
  @discardableResult
  public func listen(
    on address: HostAndPort, sharesPort: Bool
  ) throws(StreamError) -> HostAndPort {
    let frontend = Frontend(
      loop: loop, handler: self, limits: configuration.limits, timeouts: configuration.timeouts)
    let bound = try frontend.listen(on: address, sharesPort: sharesPort)
    frontends.append(frontend)
    return bound
  }

  /// KV handles whose life has not ended.
  public var liveHandles: Int { ledger.live }

  /// What has become of KV handles so far.
  public var handleCounts: KVLedgerCounts { ledger.counts }

  /// Requests being worked on.
  public var liveRequests: Int { requestsInFlight }

  /// Open client connections.
  public var clientConnections: Int { frontends.reduce(0) { $0 + $1.connectionCount } }

  /// Stops accepting, lets live requests end, then calls `whenIdle` (once; perhaps at once).
  ///
  /// A request has ended for this when its client has taken the answer and the connection is gone.
  public func drain(whenIdle: @escaping () -> Void) {
    self.whenIdle = whenIdle
    for frontend in frontends { frontend.drain { [weak self] in self?.noteIfIdle() } }
    noteIfIdle()
  }

  /// Ends everything now: live requests fail with an error that says so.
  public func abort() {
    for frontend in frontends { frontend.cutShort() }
    letGo()
  }

  private func letGo() {
    for pool in pools { pool?.closeIdle() }
    housekeeping.cancel()
    spareRequests.removeAll()
  }

  private func noteIfIdle() {
    guard requestsInFlight == 0, let whenIdle, clientConnections == 0 else { return }
    self.whenIdle = nil
    letGo()
    whenIdle()
  }
}

// MARK: - Requests

extension RouterLoop: ExchangeHandler {
  /// Routes a client's request.
  public func handle(_ exchange: Exchange) {
    let endpoint = Endpoint(path: exchange.head.path.of(exchange.headBytes.bytes))
    metrics.count(endpoint)
    if let method = endpoint.method, exchange.head.method != method,
      !(method == .get && exchange.head.method == .head)
    {
      OwnAnswers.methodNotAllowed(exchange, allowed: method)
      return
    }
    if endpoint.isOwn {
      OwnAnswers.answer(endpoint, exchange, registry: registry)
      return
    }
    guard requestsInFlight < configuration.limits.requestsInFlight else {
      OwnAnswers.overloaded(exchange)
      return
    }
    requestsInFlight += 1
    (spareRequests.popLast() ?? Request(router: self)).start(exchange, endpoint: endpoint)
  }

  /// Counts bytes that were no request.
  public func didRefuse(status: Int) {
    metrics.countRefused()
  }

  /// A request has ended.
  func requestDidEnd(_ request: Request) {
    requestsInFlight -= 1
    precondition(requestsInFlight >= 0, "a request ends once")
    metrics.count(request.record)
    routeObserver?.requestDidEnd(request.record, requestID: request.requestID.bytes)
  }

  /// Takes a request back for the next client.
  func giveBack(_ request: Request) {
    if spareRequests.count < 4096 { spareRequests.append(request) }
    noteIfIdle()
  }
}

// MARK: - Workers

extension RouterLoop {
  /// Whether the pools are split into prefill and decode.
  var isDisaggregated: Bool { configuration.isDisaggregated }

  /// Chooses a worker for one leg; nil when nobody is eligible.
  func choose(
    _ leg: LoopWorkers.Leg, for traits: RequestTraits, except tried: TriedWorkers
  ) -> (worker: Worker, choice: Choice)? {
    switch leg {
    case .prefill:
      workers.choose(leg, by: &prefillPolicy, for: traits, except: tried, using: &generator)
    case .serving:
      workers.choose(leg, by: &servingPolicy, for: traits, except: tried, using: &generator)
    }
  }

  /// This loop's connections to `worker`.
  func pool(of worker: Worker) -> WorkerPool {
    let place = Int(worker.id.number)
    while pools.count <= place { pools.append(nil) }
    if let pool = pools[place] { return pool }
    let pool = WorkerPool(
      worker: worker, loop: loop, limits: configuration.limits,
      timeouts: configuration.timeouts)
    pools[place] = pool
    return pool
  }
}

extension RouterLoop: LoopTimerHandler {
  /// Once a second: idle connections past their limit, handles past their lease.
  public func timerDidFire(_ timer: any LoopTimer) {
    for pool in pools { pool?.closeExpired() }
    _ = ledger.expireUnattended(now: loop.now)
    metrics.note(ledger.counts, live: ledger.live)
    timer.arm(after: .seconds(1), for: self)
  }
}
