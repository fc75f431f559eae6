internal import EventLoop
internal import JSONFields
internal import Vocabulary

/// One loop's side of admission: lets requests in, lets them wait in line, or refuses them.
///
/// Owns the line of this loop and its timers; shares the gate with all loops. A request that finds
/// room costs one atomic step here and allocates nothing. Room that was made is for whoever's turn
/// is first on any loop: a loop serves its own line, unless another loop's first has an earlier
/// turn; then the permit goes there in a letter. Whoever is told of room goes on until there is
/// none, nobody waits, or it has told another loop. Confined to its loop.
final class AdmissionDesk {
  /// Its owner. Unchecked: asked several times a request.
  unowned(unsafe) let router: RouterLoop
  /// What all loops share.
  let gate: AdmissionGate
  private let order: AdmissionOrder
  private var line = AdmissionQueue<WaitingRequest>()
  private var pace: SlotPace
  /// How long a request may wait: the queue's time, or the request's own if that is less.
  private let patience: Duration
  /// When the one that waits longest has waited too long.
  private let expiry: any LoopTimer
  /// When the next token is due.
  private let tokenTimer: any LoopTimer
  /// Requests that end while others are let in make room for the same round: no recursion.
  private var isAdmitting = false
  private var isClosed = false

  init(router: RouterLoop, gate: AdmissionGate) {
    self.router = router
    self.gate = gate
    let settings = gate.settings
    order = AdmissionOrder(queueTimeout: settings.queueTimeout)
    pace = SlotPace(freed: gate.freed, now: router.loop.now)
    patience = min(settings.queueTimeout, router.configuration.timeouts.request)
    expiry = router.loop.makeTimer()
    tokenTimer = router.loop.makeTimer()
  }

  /// Takes a slot for a client's request; false when it must `wait`.
  func letsInAtOnce() -> Bool {
    gate.waiting == 0 && gate.take(now: router.loop.now) == .taken
  }

  /// Takes a slot for a request of the router's own; never before a client that waits.
  func takeSlot() -> Bool { gate.waiting == 0 && gate.takeSlot() }

  /// Whether requests of the router's own are in nobody's way.
  var hasRoom: Bool {
    gate.waiting == 0 && gate.inFlight < max(1, gate.maxConcurrentRequests / 2)
  }

  /// Looks how fast slots come free; called once a second.
  func look() {
    pace.look(freed: gate.freed, now: router.loop.now)
  }

  /// Lets nobody in any more; those that wait are told when their connections end.
  func close() {
    isClosed = true
    gate.show(.distantFuture, on: router.mailbox.number)
  }

  /// The loop ends: permits that were sent to it and not read, and its watch for tokens, go to
  /// others.
  func end(unreadPermits: Int) {
    close()
    expiry.cancel()
    let hadWatch = tokenTimer.isArmed
    tokenTimer.cancel()
    for _ in 0..<unreadPermits { gate.putBack() }
    if hadWatch || unreadPermits > 0 { passOn() }
  }
}

// MARK: - Waiting

extension AdmissionDesk {
  /// Lets a client's request wait that was not let in at once, or refuses it.
  func wait(_ exchange: Exchange, _ endpoint: Endpoint) {
    guard !isClosed, gate.beginWaiting() else {
      refuse(exchange, endpoint)
      return
    }
    let priority: Int
    do throws(RouterError) {
      priority = try Request.priority(of: exchange, endpoint)
    } catch {
      gate.endWaiting()
      router.conclude(exchange, endpoint, with: error)
      return
    }
    let waiting = WaitingRequest(exchange, endpoint, desk: self)
    exchange.observer = waiting
    waiting.ticket = line.add(
      waiting, turn: order.turn(priority: priority, receivedAt: exchange.receivedAt),
      deadline: exchange.receivedAt + patience)
    showTurn()
    if !expiry.isArmed { armExpiry() }
    admitWaiting()
  }

  /// The client of one that waits has hung up.
  func clientLeft(_ waiting: WaitingRequest) {
    leave(waiting)
    conclude(waiting, .clientGone, with: nil)
  }

  /// The router waits for nobody any longer.
  func routerStops(_ waiting: WaitingRequest) {
    leave(waiting)
    conclude(waiting, .shutdown, with: .routerStops)
  }

  private func leave(_ waiting: WaitingRequest) {
    guard let ticket = waiting.ticket else { preconditionFailure("only who waits can leave") }
    line.take(ticket)
    didLeave(waiting)
  }

  /// `waiting` was taken out of the line.
  private func didLeave(_ waiting: WaitingRequest) {
    waiting.ticket = nil
    showTurn()
    gate.endWaiting()
  }

  private func showTurn() {
    gate.show(isClosed ? .distantFuture : line.firstTurn, on: router.mailbox.number)
  }

  private func armExpiry() {
    guard let deadline = line.firstDeadline else { return }
    expiry.arm(after: max(.zero, deadline - router.loop.now), for: self)
  }

  private func giveUpExpired() {
    while let waiting = line.takeExpired(now: router.loop.now) {
      didLeave(waiting)
      let hasTimedOut = patience < gate.settings.queueTimeout
      conclude(
        waiting, .timeout,
        with: hasTimedOut ? .timedOut(after: patience) : waitedTooLong())
    }
    armExpiry()
  }

  private func conclude(
    _ waiting: WaitingRequest, _ reason: AdmissionRefusal, with error: RouterError?
  ) {
    router.metrics.count(reason)
    router.conclude(
      waiting.exchange, waiting.endpoint,
      queueTime: router.loop.now - waiting.exchange.receivedAt, with: error)
  }
}

// MARK: - Letting in

extension AdmissionDesk {
  /// Lets in whoever's turn it is while there is room; costs one load when nobody waits.
  func admitWaiting() {
    guard gate.waiting > 0, !isAdmitting, router.pinnedPair == nil else { return }
    isAdmitting = true
    defer { isAdmitting = false }
    while gate.waiting > 0, admitNext() {}
  }

  /// Another loop has sent a permit.
  func permitCame() {
    if let waiting = takeFirst() { begin(waiting) } else { gate.putBack() }
    admitWaiting()
  }

  /// - Returns: whether to go on.
  private func admitNext() -> Bool {
    switch gate.take(now: router.loop.now) {
    case .full: return false
    case .tokenDue(let due):
      watch(for: due)
      return false
    case .taken: break
    }
    let number = router.mailbox.number
    if let ahead = gate.loopAhead(of: firstTurn, asker: number) {
      if router.loops.post(.permit, to: ahead) { return false }
      // It has ended.
      gate.show(.distantFuture, on: ahead)
      gate.putBack()
      return true
    }
    guard let waiting = takeFirst() else {
      gate.putBack()
      // Somebody who began to wait meanwhile may have found the permit gone.
      return gate.loopAhead(of: .distantFuture, asker: number) != nil
    }
    begin(waiting)
    return true
  }

  private var firstTurn: Instant { isClosed ? .distantFuture : line.firstTurn }

  private func takeFirst() -> WaitingRequest? {
    guard !isClosed, let waiting = line.takeFirst() else { return nil }
    didLeave(waiting)
    return waiting
  }

  private func begin(_ waiting: WaitingRequest) {
    let exchange = waiting.exchange
    router.begin(
      exchange, waiting.endpoint, queueTime: router.loop.now - exchange.receivedAt)
  }

  /// Tries again when the next token is due, or lets a loop do so on which somebody waits.
  private func watch(for due: Instant) {
    if firstTurn == .distantFuture {
      passOn()
    } else {
      tokenTimer.arm(after: due - router.loop.now, for: self)
    }
  }

  /// Lets the loop see to it on which somebody's turn is first.
  private func passOn() {
    let number = router.mailbox.number
    while let other = gate.loopAhead(of: .distantFuture, asker: number) {
      if router.loops.post(.roomForOne, to: other) { return }
      gate.show(.distantFuture, on: other)
    }
  }
}

extension AdmissionDesk: LoopTimerHandler {
  func timerDidFire(_ timer: any LoopTimer) {
    if timer === tokenTimer { admitWaiting() } else { giveUpExpired() }
  }
}

// MARK: - Refusing

extension AdmissionDesk {
  private func refuse(_ exchange: Exchange, _ endpoint: Endpoint) {
    let isRate = gate.settings.requestsPerSecond != nil && !gate.isFull
    router.metrics.count(isRate ? .rate : .full)
    router.conclude(
      exchange, endpoint,
      with: RouterError(
        isRate ? .rateLimited : .queueFull, origin: .router,
        message: isRate
          ? "More requests have come than the router lets in per second."
          : "The router is at its limit of concurrent requests.",
        retryAfterSeconds: retryAfterSeconds))
  }

  private func waitedTooLong() -> RouterError {
    let seconds = patience.components.seconds
    return RouterError(
      .queueTimedOut, origin: .router,
      message: "The request has waited \(seconds) s for others to end.",
      retryAfterSeconds: retryAfterSeconds)
  }

  /// When trying again makes sense: once those that wait now and one more will have been let in, if
  /// slots and tokens come as they did lately; 1 to 60 s.
  private var retryAfterSeconds: Int {
    let turns = gate.waiting + 1
    let now = router.loop.now
    var wait = gate.tokenWait(for: turns, now: now)
    if gate.isFull { wait = max(wait, pace.wait(for: turns, freed: gate.freed, now: now)) }
    return Int(max(1, min(60, wait.inSeconds.rounded(.up))))
  }
}
