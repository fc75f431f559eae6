internal import EventLoop
internal import KVTransfer
internal import Vocabulary

/// Gives back KV handles that nobody will use, so that prefill's blocks are free in milliseconds
/// instead of at the end of a lease.
///
/// One per `RouterLoop`, confined to it. Owns a handle from `release` or `makeSure` to its
/// settlement in the ledger, of which there is exactly one: *released* when an engine took the
/// word, *expired* when nobody could be told, *spent* when the prefill engine is gone. Bounded by
/// `ReleaseLimits` and never in the way: its calls are no reservations, and it delays nobody. What
/// waits for what is in `ReleaseQueue`, the calls are in `ReleaseDesk+Calls`.
final class ReleaseDesk {
  /// What it asks about pairs of workers; set by whoever keeps book of them.
  var pairs = PairKnowledge()
  /// What it has done so far.
  var counts = ReleaseCounts()

  unowned let router: RouterLoop
  let connector: any KVConnector
  let limits: ReleaseLimits
  var queue: ReleaseQueue
  var roster: ReleaseRoster
  /// Calls that are under way or wait to be sent again.
  var liveCalls: [ReleaseCall] = []
  var spareCalls: [ReleaseCall] = []
  private(set) var isDraining = false
  private let timer: any LoopTimer
  private var checks: [WorkerID: AbortCheck] = [:]
  /// Orders that wait for a check.
  private var checking = 0
  private var whenIdle: (() -> Void)?
  private var hasStopped = false

  /// A desk of `router`, for handles of its connector unless another is named.
  init(
    router: RouterLoop, connector: (any KVConnector)? = nil,
    limits: ReleaseLimits = ReleaseLimits()
  ) {
    self.router = router
    self.connector = connector ?? router.connector
    self.limits = limits
    queue = ReleaseQueue(limits: limits)
    roster = ReleaseRoster(registry: router.registry)
    timer = router.loop.makeTimer()
  }

  /// Handles that are being given back.
  var outstanding: Int { queue.count + checking }

  /// Whether nothing is under way.
  var isIdle: Bool { outstanding == 0 && liveCalls.isEmpty }

  /// No decode engine has the handle: tells prefill through one, now. Those of `tried` are asked
  /// last.
  ///
  /// Precondition: the ledger's `beginRelease` may be called for it, which this does.
  func release(_ order: ReleaseOrder, tried: TriedWorkers = TriedWorkers()) {
    guard take(order) else { return }
    // What a lost decode engine asked for may still be on its way to prefill, and so may be what a
    // lost prefill engine was sent. A call by name stops either.
    let means = means(of: order.handle)
    let isOpen = (order.reason == .decodeLost || order.mayNotBeMade) && means != .abortRequest
    // Whoever attaches to what is gone, or never comes, hangs.
    guard !isOpen || means != .attachment else { return queue.rest(order) }
    queue.add(
      order, tried: tried, notBefore: isOpen ? router.loop.now + limits.graceAfterDeath : nil)
    pump()
  }

  /// The leg to `decode` was closed or broke after it was written: if that engine lives, its abort
  /// tells prefill; otherwise the handle is given back through another.
  ///
  /// Precondition: as for `release`; the leg's connection is closed already.
  func makeSure(_ order: ReleaseOrder, decode: Worker) {
    guard take(order) else { return }
    order.decodeWorker = decode.id
    // An engine of this kind is told by name, dead or alive.
    let isAskedByName = means(of: order.handle) == .abortRequest
    guard decode.isHealthy, !isAskedByName else { return goOn(order, without: decode) }
    checking += 1
    check(of: decode).add(order)
    pump()
  }

  /// Looks after orders whose leases are over or whose workers came or left; called once a second,
  /// after the ledger's own sweep.
  func sweep() {
    guard queue.count > 0 else { return }
    refreshRoster()
    for order in queue.idleOrders(where: { ending(of: $0) != nil }) {
      if let ending = ending(of: order) { end(order, as: ending) }
    }
    pump()
    noteIfIdle()
  }

  /// From now on calls `whenIdle` whenever nothing is under way any more, and waits for no lease.
  func drain(whenIdle: @escaping () -> Void) {
    isDraining = true
    self.whenIdle = whenIdle
    for order in queue.helplessOrders { end(order, as: .expired) }
    noteIfIdle()
  }

  /// Stops at once: what is outstanding is left to its lease.
  func abort() {
    hasStopped = true
    timer.cancel()
    for call in liveCalls { call.cancel() }
    liveCalls.removeAll()
    spareCalls.removeAll()
    for order in queue.orders { end(order, as: .expired) }
    for check in checks.values {
      for order in check.cancel() { settle(order, as: .expired) }
    }
    checks.removeAll()
    checking = 0
  }

  // MARK: Orders

  private func take(_ order: ReleaseOrder) -> Bool {
    order.decodeWorker = router.ledger.decodeWorker(of: order.handle)
    guard router.ledger.beginRelease(order.handle, now: router.loop.now) else { return false }
    counts.orders += 1
    guard !hasStopped else {
      settle(order, as: .expired)
      return false
    }
    return true
  }

  private func goOn(_ order: ReleaseOrder, without decode: Worker) {
    var tried = TriedWorkers()
    tried.insertEngine(of: decode)
    // What the dead engine may have taken must not be attached again: that call would hang, and
    // keep blocks of the engine that was asked (measured on vLLM 0.32, NIXL push).
    let means = means(of: order.handle)
    guard means != .attachment else { return queue.rest(order) }
    // A call by name stops what is on its way, too.
    let isByName = means == .abortRequest
    queue.add(
      order, tried: tried,
      notBefore: isByName ? nil : router.loop.now + limits.graceAfterDeath)
    pump()
  }

  /// Ends an order of the queue.
  func end(_ order: ReleaseOrder, as settlement: KVSettlement) {
    queue.end(order)
    settle(order, as: settlement)
  }

  private func settle(_ order: ReleaseOrder, as settlement: KVSettlement) {
    router.settle(order.handle, as: settlement)
  }

  /// How an order ends for which nothing can be done, or need be; nil when something can.
  func ending(of order: ReleaseOrder) -> KVSettlement? {
    let now = router.loop.now
    // The ledger may have settled it by its own sweep; this is then only a farewell.
    guard let deadline = router.ledger.deadline(of: order.handle), deadline > now else {
      return .expired
    }
    return prefill(of: order) == nil ? .spent : nil
  }

  /// The prefill worker of an order, unless it is gone or ill.
  func prefill(of order: ReleaseOrder) -> Worker? {
    guard let worker = roster[router.ledger.prefillWorker(of: order.handle)], worker.isHealthy
    else { return nil }
    return worker
  }

  /// How a handle is given back. Precondition: it has parameters.
  func means(of handle: KVHandleID) -> KVReleaseMeans {
    let means = router.ledger.withParameters(of: handle) { connector.releaseMeans(of: $0) }
    let isDropped = means == .rejection && router.configuration.releasesByDrop
    return isDropped ? .attachment : means
  }

  // MARK: Going on

  /// Carries out what can be carried out now, and has itself woken for the rest.
  func pump() {
    guard !hasStopped else { return }
    refreshRoster()
    let now = router.loop.now
    while let order = queue.next(now: now) { carryOut(order) }
    guard let wake = queue.wake else { return timer.cancel() }
    timer.arm(after: max(.zero, wake - now), for: self)
  }

  private func refreshRoster() {
    if roster.refresh() { queue.unpark() }
  }

  /// Tells whoever waits for the end. Not called while a caller gives an order, who may be about to
  /// end itself.
  func noteIfIdle() {
    if isIdle { whenIdle?() }
  }
}

extension ReleaseDesk: LoopTimerHandler {
  func timerDidFire(_ timer: any LoopTimer) {
    pump()
    noteIfIdle()
  }
}

// MARK: - Checks

extension ReleaseDesk {
  private func check(of worker: Worker) -> AbortCheck {
    if let check = checks[worker.id] { return check }
    let check = AbortCheck(of: worker, desk: self, loop: router.loop, limits: limits)
    checks[worker.id] = check
    return check
  }

  /// Gives a check's leg a connection that no earlier engine can have opened.
  func start(_ leg: Leg, at worker: Worker) -> Bool {
    counts.checks += 1
    return router.pool(of: worker).start(leg, fresh: true)
  }

  /// Appends the head of a check.
  func appendCheckHead(for worker: Worker, to head: inout ByteBuffer) {
    head.append("GET ")
    head.append(worker.url.pathPrefix)
    head.append(router.configuration.health.path)
    head.append(" HTTP/1.1\r\n")
    worker.addressFields.withUnsafeBytes { head.append($0) }
    head.append("user-agent: vllm-router\r\n\r\n")
  }

  /// A check has found its engine alive or dead, for `orders`.
  func checkDidEnd(_ check: AbortCheck, of orders: [ReleaseOrder], isAlive: Bool) {
    checking -= orders.count
    precondition(checking >= 0, "an order is checked once")
    for order in orders {
      if isAlive {
        settle(order, as: .released(order.reason, by: .decodeAbort))
      } else {
        goOn(order, without: check.worker)
      }
    }
    noteIfIdle()
  }
}
