internal import EventLoop
internal import Vocabulary
internal import Wire

/// Finds out whether one decode engine lives, for orders whose legs to it were closed: if it does,
/// it has seen the abort and tells prefill by itself.
///
/// One question at a time, on a fresh connection, answers for all orders that came before it was
/// asked; orders that come later wait for the next. When the engine turns out dead, that goes for
/// them too. Confined to its loop.
final class AbortCheck {
  /// The engine's worker.
  let worker: Worker

  private unowned let desk: ReleaseDesk
  private let limits: ReleaseLimits
  private let loop: any Loop
  private let timer: any LoopTimer
  private lazy var leg = Leg(observer: self)
  private var startedAt: Instant?
  private var covered: [ReleaseOrder] = []
  private var waiting: [ReleaseOrder] = []

  init(of worker: Worker, desk: ReleaseDesk, loop: any Loop, limits: ReleaseLimits) {
    self.worker = worker
    self.desk = desk
    self.loop = loop
    self.limits = limits
    timer = loop.makeTimer()
  }

  /// Takes an order whose leg was closed before now.
  func add(_ order: ReleaseOrder) {
    waiting.append(order)
    askIfMay()
  }

  /// Ends it; gives back the orders that it could not answer for.
  func cancel() -> [ReleaseOrder] {
    timer.cancel()
    leg.cancel()
    defer {
      covered = []
      waiting = []
    }
    return covered + waiting
  }

  private func askIfMay() {
    guard covered.isEmpty, !waiting.isEmpty else { return }
    let due = startedAt.map { $0 + limits.checkInterval } ?? loop.now
    guard due <= loop.now else {
      if !timer.isArmed { timer.arm(after: due - loop.now, for: self) }
      return
    }
    swap(&covered, &waiting)
    startedAt = loop.now
    timer.arm(after: limits.checkTimeout, for: self)
    leg.method = .get
    // An idle connection may belong to an engine that is no more.
    if !worker.isHealthy || !desk.start(leg, at: worker) { end(isAlive: false) }
  }

  private func end(isAlive: Bool) {
    timer.cancel()
    var orders: [ReleaseOrder] = []
    swap(&orders, &covered)
    if !isAlive {
      orders += waiting
      waiting.removeAll()
    }
    desk.checkDidEnd(self, of: orders, isAlive: isAlive)
    askIfMay()
  }
}

extension AbortCheck: LoopTimerHandler {
  func timerDidFire(_ timer: any LoopTimer) {
    guard leg.isOut else { return askIfMay() }
    leg.cancel()
    end(isAlive: false)
  }
}

extension AbortCheck: LegObserver {
  func legIsReady(_ leg: Leg) {
    var head = ByteBuffer(capacity: 256)
    desk.appendCheckHead(for: worker, to: &head)
    withUnsafePointer(to: head.bytes) { leg.send(UnsafeBufferPointer(start: $0, count: 1)) }
  }

  func legDidReceiveHead(_ leg: Leg) {}

  func leg(_ leg: Leg, didReceive bytes: UnsafeRawBufferPointer) {}

  func legDidEnd(_ leg: Leg) {
    end(isAlive: (200..<300).contains(leg.head.status))
  }

  func leg(_ leg: Leg, didFail failure: LegFailure) {
    end(isAlive: false)
  }
}
