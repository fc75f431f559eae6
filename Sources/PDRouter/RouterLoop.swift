public import EventLoop
internal import JSONFields
public import KVTransfer
public import Policies
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
  /// How many attempts after the first may be made.
  var retryBudget: RetryBudget
  /// Decides which requests are worth splitting.
  var decider: DisaggregationDecider
  /// Gives back handles that nobody will use.
  private(set) var releases: ReleaseDesk!
  var generator: SplitMix64
  var edits = BodyEdits()
  /// Where heads of leg requests are built, one at a time.
  var headScratch = ByteBuffer(capacity: 4096)
  /// Where fields of answers are built, one at a time.
  var answerFields = ByteBuffer(capacity: 4096)
  /// Who is told of each request's end, besides the metrics.
  public var routeObserver: (any RouteObserver)?

  var workers: LoopWorkers
  /// Of so many answers to requests that are served whole, one is read for what the engine had
  /// cached.
  static let judgedOneIn = 8
  /// Such answers since the last one that was read.
  var unjudgedAnswers = 0
  /// Makes what the prefix index knows prompts by.
  var promptPrefix: PromptPrefix
  /// When what is remembered of prompts is next brought below its bounds, by the first loop.
  private var nextTrim = Instant.zero
  /// What the policies of all loops remember together.
  let policyMemory: PolicyMemory
  /// What the policies in use want to know of requests.
  let policyNeeds: PolicyNeeds
  private var prefillSeat: PolicySeat
  private var servingSeat: PolicySeat
  var pools: [WorkerPool?] = []
  private var frontends: [Frontend] = []
  private var spareRequests: [Request] = []
  private(set) var requestsInFlight = 0
  /// Requests that wait for a worker, in the order they came.
  var waiting: [Request] = []
  /// The shortest time that any leg may take.
  let shortestLegLimit: Duration
  /// Requests whose clients are gone and whose prefill is let to its end.
  private var unwinding: [ObjectIdentifier: Request] = [:]
  private let housekeeping: any LoopTimer
  private var whenIdle: (() -> Void)?
  /// Whether nothing new is taken.
  private(set) var isDraining = false
  /// The loops that share the registry.
  let loops: LoopGroup
  let mailbox: LoopMailbox
  var inquiries = LoopInquiries()
  /// The workers that the request being started is to have, whatever the policies say.
  var pinnedPair: (prefill: Worker, decode: Worker)?
  /// The registry's version that was last looked at as a whole.
  var notedVersion = 0
  /// Who is told when the registry has moved.
  var whenMembershipChanges: (() -> Void)?

  /// A router on `loop` for the workers of `registry`, loop `number` of `loops`; nothing listens
  /// yet.
  public init(
    loop: any Loop, configuration: RouterConfiguration, registry: WorkerRegistry,
    metrics: LoopMetrics, seed: UInt64, loops: LoopGroup = LoopGroup(), number: Int = 0,
    policyMemory: PolicyMemory? = nil
  ) {
    self.loop = loop
    self.configuration = configuration
    shortestLegLimit = RouterLoop.shortestLegLimit(of: configuration)
    self.registry = registry
    self.metrics = metrics
    connector = configuration.makeConnector()
    ledger = KVLedger(lease: connector.leaseDuration, margin: configuration.leaseMargin)
    retryBudget = RetryBudget(
      share: configuration.limits.retryShare, reserve: configuration.limits.retryReserve)
    decider = configuration.makeDecider()
    generator = SplitMix64(seed: seed)
    let policyMemory = policyMemory ?? configuration.makePolicyMemory(seed: seed)
    let needs = configuration.policyNeeds
    workers = LoopWorkers(
      registry: registry,
      pairChooser: configuration.makePairChooser(
        decider, decodeCanPrefill: connector.decodeCanPrefill),
      caches: needs.contains(.cachedBlocks) ? CacheKnowledge(policyMemory.prefixes) : nil,
      slowStart: SlowStart(over: configuration.policySettings.slowStart))
    promptPrefix = PromptPrefix(policyMemory.hasher)
    self.policyMemory = policyMemory
    prefillSeat = configuration.makeSeat(
      .prefill, sharing: policyMemory, seed: seed, metrics: metrics)
    servingSeat = configuration.makeSeat(
      .serving, sharing: policyMemory, seed: seed, metrics: metrics)
    policyNeeds = needs
    self.loops = loops
    mailbox = loops.join(number: number, waker: loop.waker)
    housekeeping = loop.makeTimer()
    releases = ReleaseDesk(router: self)
    releases.pairs = PairKnowledge(
      isWarm: { [unowned self] in isWarm($0, $1) },
      isCompatible: { [unowned self] in workers.isCompatible($0, $1) },
      isDraining: { $0.state == .draining })
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

  /// Whether `worker` is taken to hold anything in its prefix cache.
  package func remembers(_ worker: WorkerID) -> Bool {
    policyMemory.prefixes.blocks(heldBy: worker) > 0
  }

  /// Open client connections.
  public var clientConnections: Int { frontends.reduce(0) { $0 + $1.connectionCount } }

  /// Stops accepting, lets live requests end, then calls `whenIdle` (once; perhaps at once).
  ///
  /// A request has ended for this when its client has taken the answer and the connection is gone.
  ///
  /// Who waits for a worker is sent away: nobody looks any more whether there is one.
  public func drain(whenIdle: @escaping () -> Void) {
    isDraining = true
    for request in waiting { request.stopWaiting() }
    self.whenIdle = whenIdle
    for frontend in frontends { frontend.drain { [weak self] in self?.noteIfIdle() } }
    releases.drain { [weak self] in self?.noteIfIdle() }
    noteIfIdle()
  }

  /// Ends everything now: live requests fail with an error that says so.
  public func abort() {
    for frontend in frontends { frontend.cutShort() }
    for request in unwinding.values { request.stopUnwinding() }
    releases.abort()
    letGo()
  }

  private func letGo() {
    for pool in pools { pool?.closeIdle() }
    housekeeping.cancel()
    loops.leave(mailbox)
    registry.removeWatcher(mailbox)
    inquiries.removeAll()
    spareRequests.removeAll()
  }

  private func noteIfIdle() {
    guard requestsInFlight == 0, let whenIdle, clientConnections == 0, releases.isIdle
    else { return }
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
    guard endpoint.takes(exchange.head.method) else {
      OwnAnswers.methodNotAllowed(exchange, allowed: endpoint.allowedMethods)
      return
    }
    if endpoint.isOwn {
      answerItself(endpoint, exchange)
      return
    }
    guard requestsInFlight < configuration.limits.requestsInFlight else {
      OwnAnswers.overloaded(exchange)
      return
    }
    begin(exchange, endpoint)
  }

  /// Runs a completion of the router's own, first of all on that pair of workers.
  func handle(_ exchange: Exchange, pinnedTo pair: (prefill: Worker, decode: Worker)) {
    precondition(pinnedPair == nil, "one request is started at a time")
    pinnedPair = pair
    begin(exchange, .completions)
    pinnedPair = nil
  }

  private func begin(_ exchange: Exchange, _ endpoint: Endpoint) {
    requestsInFlight += 1
    retryBudget.noteRequest(inFlight: requestsInFlight)
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
    if !unwinding.isEmpty { unwinding[ObjectIdentifier(request)] = nil }
    metrics.count(request.record)
    routeObserver?.requestDidEnd(request.record, requestID: request.requestID.bytes)
  }

  /// A request goes on without its client.
  func noteUnwinding(_ request: Request) {
    unwinding[ObjectIdentifier(request)] = request
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

  /// Ends a handle's life as its owner says.
  func settle(_ handle: KVHandleID, as settlement: KVSettlement) {
    if let age = ledger.age(of: handle, now: loop.now) { metrics.handleAges.record(age) }
    ledger.settle(handle, as: settlement, now: loop.now)
  }

  /// Chooses a worker for one leg; nil when nobody is eligible.
  ///
  /// A handle's decode worker is chosen with the `prefill` worker that made the handle.
  func choose(
    _ leg: LoopWorkers.Leg, for traits: RequestTraits, except tried: TriedWorkers,
    pairedWith prefill: Worker? = nil
  ) -> LoopWorkers.Chosen? {
    if let pinnedPair {
      return RouterLoop.pinned(leg == .prefill ? pinnedPair.prefill : pinnedPair.decode)
    }
    let chosen =
      switch leg {
      case .prefill:
        workers.choose(
          leg, by: &prefillSeat, for: traits, except: tried, now: loop.now, using: &generator)
      case .serving:
        workers.choose(
          leg, by: &servingSeat, for: traits, except: tried, pairedWith: prefill, now: loop.now,
          using: &generator)
      }
    if let chosen { count(chosen, leg) }
    return chosen
  }

  /// Whether a worker could be chosen for `leg` besides those of `tried`.
  func hasWorker(_ leg: LoopWorkers.Leg, except tried: TriedWorkers) -> Bool {
    workers.hasWorker(leg, except: tried)
  }

  /// Whether there is anybody for `leg`, if only later.
  func knowsWorkers(_ leg: LoopWorkers.Leg) -> Bool { workers.knowsWorkers(leg) }

  /// Chooses a prefill and a decode worker that can be paired; nil when there is no such pair.
  func choosePair(
    for traits: RequestTraits, except tried: TriedWorkers
  ) -> (prefill: LoopWorkers.Chosen, decode: LoopWorkers.Chosen)? {
    if let pinnedPair {
      return (RouterLoop.pinned(pinnedPair.prefill), RouterLoop.pinned(pinnedPair.decode))
    }
    let pair = workers.choosePair(
      by: &prefillSeat, &servingSeat, for: traits, except: tried, now: loop.now,
      using: &generator)
    guard let pair else { return nil }
    count(pair.prefill, .prefill)
    count(pair.decode, .serving)
    return pair
  }

  private func count(_ chosen: LoopWorkers.Chosen, _ leg: PolicyLeg) {
    guard (leg == .prefill ? prefillSeat : servingSeat).name == .cacheAware else { return }
    metrics.countPrefixDecision(leg, chosen.choice.reason)
  }

  /// The request is about to be sent to `worker`, whoever chose it.
  func noteRouted(_ traits: borrowing RequestTraits, to worker: Worker, for leg: LoopWorkers.Leg) {
    workers.caches?.noteRouted(traits, to: worker.id)
    switch leg {
    case .prefill: prefillSeat.noteRouted(traits, to: worker.id)
    case .serving: servingSeat.noteRouted(traits, to: worker.id)
    }
  }

  private static func pinned(_ worker: Worker) -> LoopWorkers.Chosen {
    LoopWorkers.Chosen(worker: worker, choice: Choice(index: 0, reason: .onlyCandidate))
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
  /// Once a second: idle connections past their limit, handles past their lease, legs on workers
  /// that give no sign of life.
  public func timerDidFire(_ timer: any LoopTimer) {
    noteMembership()
    wakeWaiting()
    for pool in pools { pool?.closeExpired() }
    _ = ledger.expireUnattended(now: loop.now)
    releases.sweep()
    metrics.note(ledger)
    for pool in pools { pool?.breakSilent(after: configuration.health.timeout) }
    if mailbox.number == 0, loop.now >= nextTrim {
      policyMemory.prefixes.trim()
      nextTrim = loop.now + configuration.policySettings.evictionInterval
    }
    timer.arm(after: .seconds(1), for: self)
  }
}
