public import EventLoop
internal import JSONFields
public import KVTransfer
public import Policies
package import Vocabulary
internal import Wire

/// One loop's router: front ends, requests, worker connections, policies and ledger, all of one
/// thread.
///
/// Shares with other loops only the registry (its version, the workers' counters and health flags).
/// Runs on any `Loop`: libuv's for the program, the simulated one for whole-router tests.
public final class RouterLoop {
  /// The loop it runs on.
  public let loop: any Loop
  var configuration: RouterConfiguration
  let registry: WorkerRegistry
  let metrics: LoopMetrics
  let connector: any KVConnector
  /// Whether a decode worker may serve a request whole.
  let decodeCanPrefill: Bool
  /// What the connector takes out of a body that goes to one worker whole, if that is all it does.
  let wholeLegRemovals: JSONFields.KeySet?
  var ledger: KVLedger
  /// How many attempts after the first may be made.
  var retryBudget: RetryBudget
  /// Decides which requests are worth splitting.
  var decider: DisaggregationDecider
  /// Gives back handles that nobody will use.
  private(set) var releases: ReleaseDesk!
  /// Lets requests in, or lets them wait.
  private(set) var admission: AdmissionDesk!
  /// The name of a model that was asked for last, as a number.
  var modelNames = ModelNameMemo()
  /// Asks engines again for their models.
  private(set) var modelRefresh: ModelRefresh!
  var generator: SplitMix64
  var edits = BodyEdits()
  /// Where heads of leg requests are built, one at a time.
  var headScratch = ByteBuffer(capacity: 4096)
  /// Where fields of answers are built, one at a time.
  var answerFields = ByteBuffer(capacity: 4096)
  /// Who is told of each request's end, besides the metrics.
  public var routeObserver: (any RouteObserver)?

  let workers: LoopWorkers
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
  /// Who is let in.
  var clientGate: ClientGate
  /// Asks other servers about bearer tokens, where some are named.
  private(set) var validator: KeyValidator?
  /// Where clients may have put a request's id.
  var requestIDFields: RequestIDFields
  /// Whether clients' `Authorization` is for workers.
  let passesAuthorization: Bool
  /// Whether operators have a port of their own.
  let hasOperatorsPort: Bool
  let access: ClientAccess
  /// How TLS is spoken, with clients and workers.
  let security: LoopSecurity
  var crossOrigin: CrossOrigin
  /// Where it is said that a client's connection was ended before its time.
  var connectionLog: ConnectionLog?
  /// Whether the router has been told to stop.
  private(set) var isLeaving = false
  /// What the policies in use want to know of requests.
  let policyNeeds: PolicyNeeds
  private var prefillSeat: PolicySeat
  private var servingSeat: PolicySeat
  var pools: [WorkerPool?] = []
  var frontends: [Frontend] = []
  private var spareRequests = SpareRequests()
  private(set) var requestsInFlight = 0
  /// Requests that wait for a worker, in the order they came.
  var waiting: [Request] = []
  /// The shortest time that any leg may take.
  var shortestLegLimit: Duration
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
  /// Who takes care of the workers, if this is the loop where that happens.
  weak var watcher: (any WorkerObserver)?

  /// A router on `loop` for the workers of `registry`, loop `number` of `loops`; nothing listens
  /// yet.
  public init(
    loop: any Loop, configuration: RouterConfiguration, registry: WorkerRegistry,
    metrics: LoopMetrics, seed: UInt64, loops: LoopGroup = LoopGroup(), number: Int = 0,
    policyMemory: PolicyMemory? = nil, gate: AdmissionGate? = nil, access: ClientAccess? = nil,
    security: TransportSecurity? = nil
  ) {
    self.loop = loop
    self.configuration = configuration
    shortestLegLimit = RouterLoop.shortestLegLimit(of: configuration)
    self.registry = registry
    self.metrics = metrics
    connector = configuration.makeConnector()
    decodeCanPrefill = connector.decodeCanPrefill
    var edits = BodyEdits()
    connector.planDecode(
      parameters: UnsafeRawBufferPointer(start: nil, count: 0), into: &edits)
    wholeLegRemovals = edits.removals
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
        decider, decodeCanPrefill: decodeCanPrefill),
      caches: needs.contains(.cachedBlocks) ? CacheKnowledge(policyMemory.prefixes) : nil,
      slowStart: SlowStart(over: configuration.policySettings.slowStart),
      passesUnknownModels: configuration.passesUnknownModels,
      panicThreshold: configuration.breaker.isOff ? 0 : configuration.breaker.panicThreshold)
    promptPrefix = PromptPrefix(policyMemory.hasher)
    self.policyMemory = policyMemory
    prefillSeat = configuration.makeSeat(
      .prefill, sharing: policyMemory, seed: seed, metrics: metrics)
    servingSeat = configuration.makeSeat(
      .serving, sharing: policyMemory, seed: seed, metrics: metrics)
    policyNeeds = needs
    let access = access ?? ClientAccess(configuration)
    self.access = access
    clientGate = ClientGate(access)
    requestIDFields = RequestIDFields(configuration.clients.requestIDHeaders)
    passesAuthorization = configuration.clients.passesAuthorization
    hasOperatorsPort = configuration.clients.admin != nil
    crossOrigin = CrossOrigin(origins: configuration.clients.allowedOrigins)
    self.loops = loops
    mailbox = loops.join(number: number, waker: loop.waker)
    housekeeping = loop.makeTimer()
    self.security = LoopSecurity(security ?? TransportSecurity(), on: loop, metrics: metrics)
    admission = AdmissionDesk(
      router: self, gate: gate ?? AdmissionGate(configuration.admission))
    releases = ReleaseDesk(router: self)
    modelRefresh = ModelRefresh(router: self)
    releases.pairs = PairKnowledge(
      isWarm: { [unowned self] in isWarm($0, $1) },
      isCompatible: { [unowned self] in workers.isCompatible($0, $1) },
      isDraining: { $0.state == .draining })
    validator = makeValidator(access)
    housekeeping.arm(after: .seconds(1), for: self)
  }

  /// KV handles whose life has not ended.
  public var liveHandles: Int { ledger.live }

  /// What has become of KV handles so far.
  public var handleCounts: KVLedgerCounts { ledger.counts }

  /// Requests being worked on.
  public var liveRequests: Int { requestsInFlight }

  /// Requests that were let in and those that wait to be, over all loops.
  public var admitted: (inFlight: Int, waiting: Int) {
    (admission.gate.inFlight, admission.gate.waiting)
  }

  /// Whether `worker` is taken to hold anything in its prefix cache.
  package func remembers(_ worker: WorkerID) -> Bool {
    policyMemory.prefixes.blocks(heldBy: worker) > 0
  }

  /// Open client connections.
  public var clientConnections: Int { frontends.reduce(0) { $0 + $1.connectionCount } }

  /// Bytes of request bodies that clients have sent and nobody has taken.
  package var untakenBodyBytes: Int { frontends.reduce(0) { $0 + $1.untakenBodyBytes } }

  /// Says that it is ready for nothing, and lets each answer be the last on its connection, but
  /// goes on accepting: whoever spreads requests has time to notice.
  public func beginLeaving() {
    isLeaving = true
    for frontend in frontends { frontend.beginLeaving() }
  }

  /// Stops accepting, lets live requests end, then calls `whenIdle` (once; perhaps at once).
  ///
  /// A request has ended for this when its client has taken the answer and the connection is gone.
  ///
  /// Who waits for a worker is sent away: nobody looks any more whether there is one.
  public func drain(whenIdle: @escaping () -> Void) {
    isLeaving = true
    isDraining = true
    for request in waiting { request.stopWaiting() }
    self.whenIdle = whenIdle
    for frontend in frontends { frontend.drain { [weak self] in self?.noteIfIdle() } }
    releases.drain { [weak self] in self?.noteIfIdle() }
    noteIfIdle()
  }

  /// Whether it accepts nothing more and only waits for what is live.
  var isStopping: Bool { whenIdle != nil }

  /// Ends everything now: live requests fail with an error that says so.
  public func abort() {
    admission.close()
    for frontend in frontends { frontend.cutShort() }
    for request in unwinding.values { request.stopUnwinding() }
    releases.abort()
    letGo()
  }

  private func letGo() {
    for pool in pools { pool?.closeIdle() }
    housekeeping.cancel()
    modelRefresh.stop()
    validator?.stop()
    admission.end(unreadPermits: loops.leave(mailbox))
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
    exchange.endpoint = endpoint
    if lets(exchange, in: endpoint, from: .clients) { serve(exchange, endpoint) }
  }

  /// Serves a request that was let in.
  func serve(_ exchange: Exchange, _ endpoint: Endpoint) {
    guard endpoint.takes(exchange.head.method) else {
      identify(exchange)
      OwnAnswers.methodNotAllowed(exchange, allowed: endpoint.allowedMethods)
      return
    }
    if endpoint.isOwn {
      identify(exchange)
      answerItself(endpoint, exchange)
      return
    }
    guard admission.letsInAtOnce() else { return admission.wait(exchange, endpoint) }
    begin(exchange, endpoint)
  }

  /// Runs a completion of the router's own, first of all on that pair of workers.
  func handle(_ exchange: Exchange, pinnedTo pair: (prefill: Worker, decode: Worker)) {
    precondition(pinnedPair == nil, "one request is started at a time")
    guard admission.takeSlot() else {
      OwnAnswers.overloaded(exchange)
      return
    }
    pinnedPair = pair
    begin(exchange, .completions)
    pinnedPair = nil
    admission.admitWaiting()
  }

  /// Passes a client's request on, first of all to that worker.
  func handle(_ exchange: Exchange, _ endpoint: Endpoint, pinnedTo worker: Worker) {
    precondition(pinnedPair == nil && endpoint.isPassedOn, "one request is started at a time")
    guard admission.takeSlot() else {
      OwnAnswers.overloaded(exchange)
      return
    }
    pinnedPair = (worker, worker)
    exchange.ownFields.removeAll()  // The id comes with the fields of the worker's answer.
    begin(exchange, endpoint)
    pinnedPair = nil
    admission.admitWaiting()
  }

  /// Begins a request that was let in, after it waited for `queueTime` if it did.
  func begin(_ exchange: Exchange, _ endpoint: Endpoint, queueTime: Duration? = nil) {
    let request = takeRequest()
    retryBudget.noteRequest(inFlight: requestsInFlight)
    request.start(exchange, endpoint: endpoint, queueTime: queueTime)
  }

  /// Ends a request that was not let in.
  func conclude(
    _ exchange: Exchange, _ endpoint: Endpoint, queueTime: Duration? = nil,
    with error: RouterError?
  ) {
    takeRequest().conclude(exchange, endpoint: endpoint, queueTime: queueTime, with: error)
  }

  private func takeRequest() -> Request {
    requestsInFlight += 1
    return spareRequests.take() ?? Request(router: self)
  }

  /// What is passed on unread may be passed on as it comes.
  public func takesBodyInPieces(_ exchange: Exchange) -> Bool {
    Endpoint(path: exchange.head.path.of(exchange.headBytes.bytes)) == .passThrough
  }

  /// Counts an answer.
  public func didAnswer(_ exchange: Exchange, status: Int) {
    metrics.countResponse(exchange.endpoint, exchange.head.method, status: status)
  }

  /// Counts bytes that were no request, and the answer to them.
  public func didRefuse(status: Int) {
    metrics.countRefused()
    metrics.countResponse(.passThrough, .other, status: status)
  }

  /// Counts a connection that was not taken.
  public func didRefuseConnection(_ reason: ConnectionRefusal) {
    metrics.count(reason)
  }

  /// A request has ended.
  func requestDidEnd(_ request: Request) {
    requestsInFlight -= 1
    precondition(requestsInFlight >= 0, "a request ends once")
    if request.holdsSlot {
      request.holdsSlot = false
      admission.gate.giveBackSlot()
    }
    if !unwinding.isEmpty { unwinding[ObjectIdentifier(request)] = nil }
    metrics.count(&request.record, isSplitPool: isDisaggregated)
    if request.endpoint.changesModels { modelRefresh.askAtOnce() }
    routeObserver?.requestDidEnd(request.record, requestID: request.requestID.bytes)
  }

  /// A request goes on without its client.
  func noteUnwinding(_ request: Request) {
    unwinding[ObjectIdentifier(request)] = request
  }

  /// Takes a request back for the next client.
  func giveBack(_ request: Request) {
    spareRequests.giveBack(request)
    if whenIdle != nil { noteIfIdle() }
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

  /// Chooses a worker for one leg; nil when nobody is eligible. Traits are lent, and only read.
  ///
  /// A handle's decode worker is chosen with the `prefill` worker that made the handle.
  func choose(
    _ leg: LoopWorkers.Leg, for traits: inout RequestTraits, except tried: TriedWorkers,
    pairedWith prefill: Worker? = nil
  ) -> LoopWorkers.Chosen? {
    if let pinnedPair {
      return RouterLoop.pinned(leg == .prefill ? pinnedPair.prefill : pinnedPair.decode)
    }
    if loop.now >= workers.nextReturn { endEjections() }
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
    if let chosen { count(chosen, leg, traits) }
    return chosen
  }

  /// Whether a worker could be chosen for `leg` of such a request besides those of `tried`.
  func hasWorker(
    _ leg: LoopWorkers.Leg, for traits: borrowing RequestTraits, except tried: TriedWorkers
  ) -> Bool {
    workers.hasWorker(leg, for: traits, except: tried)
  }

  /// Whether there is anybody for `leg`, if only later.
  func knowsWorkers(_ leg: LoopWorkers.Leg) -> Bool { workers.knowsWorkers(leg) }

  /// Chooses a prefill and a decode worker that can be paired; nil when there is no such pair.
  func choosePair(
    for traits: inout RequestTraits, except tried: TriedWorkers
  ) -> (prefill: LoopWorkers.Chosen, decode: LoopWorkers.Chosen)? {
    if let pinnedPair {
      return (RouterLoop.pinned(pinnedPair.prefill), RouterLoop.pinned(pinnedPair.decode))
    }
    if loop.now >= workers.nextReturn { endEjections() }
    let pair = workers.choosePair(
      by: &prefillSeat, &servingSeat, for: traits, except: tried, now: loop.now,
      using: &generator)
    guard let pair else { return nil }
    count(pair.prefill, .prefill, traits)
    count(pair.decode, .serving, traits)
    return pair
  }

  private func count(
    _ chosen: LoopWorkers.Chosen, _ leg: PolicyLeg, _ traits: borrowing RequestTraits
  ) {
    chosen.worker.tally.noteDecision()
    if workers.caches != nil, !traits.prefix.hashes.isEmpty {
      metrics.countCacheChoice(chosen.cachedBlocks)
    }
    if workers.overlooksEjections(leg) { metrics.countPanicChoice() }
    guard (leg == .prefill ? prefillSeat.name : servingSeat.name) == .cacheAware else { return }
    metrics.countPrefixDecision(leg, chosen.choice.reason)
  }

  /// The request is about to be sent to `worker`, whoever chose it.
  func noteRouted(
    _ traits: inout RequestTraits, to worker: Worker, for leg: LoopWorkers.Leg
  ) {
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
      timeouts: configuration.timeouts, speaking: configuration.workerProtocol,
      security: security)
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
    validator?.sweep()
    security.keepTime()
    _ = ledger.expireUnattended(now: loop.now)
    releases.sweep()
    metrics.note(ledger)
    admission.look()
    noteClientConnections()
    for pool in pools { pool?.tellConnections() }
    for pool in pools { pool?.breakSilent(after: configuration.health.timeout) }
    if mailbox.number == 0, loop.now >= nextTrim {
      policyMemory.prefixes.trim()
      nextTrim = loop.now + configuration.policySettings.evictionInterval
    }
    timer.arm(after: .seconds(1), for: self)
  }
}
