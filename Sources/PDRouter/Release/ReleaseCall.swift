internal import EventLoop
internal import KVTransfer
internal import Vocabulary
internal import Wire

/// One request to one worker that gives a KV handle back, with its time-out.
///
/// Owned by the desk and used again and again; keeps head and body after it has ended, so that the
/// same can be sent once more. Confined to its loop.
final class ReleaseCall {
  /// How a call ended.
  enum Outcome: Equatable {
    /// The engine answered.
    case answered(ReleaseVerdict)
    /// It did not; `wasSent` says whether it may know of the request.
    case failed(wasSent: Bool)
  }

  /// Whom it is made to, and for what; let go at its end.
  private(set) var worker: Worker?
  /// The prefill worker whose handle it gives back.
  private(set) var prefill: Worker?
  /// The order it carries out; nil for an extra call, whose outcome nobody waits for.
  private(set) var order: ReleaseOrder?
  /// How the handle is given back.
  private(set) var means = KVReleaseMeans.rejection
  /// Whether the two engines had not met before.
  var isCold = false
  /// Whether prefill may make the handle only after it has been told.
  var mayBeEarly = false
  /// The request's head and body; written by the desk before it starts.
  var head = ByteBuffer()
  /// See `head`.
  var body = ByteBuffer()

  private unowned let desk: ReleaseDesk
  private let timer: any LoopTimer
  private lazy var leg = Leg(observer: self)
  private var answer = ByteBuffer()

  init(desk: ReleaseDesk, timer: any LoopTimer) {
    self.desk = desk
    self.timer = timer
  }

  /// Whether it is under way, or waits to be sent again.
  var isLive: Bool { worker != nil }

  /// Says whom it is made to. Precondition: it is not live.
  func begin(_ order: ReleaseOrder?, to worker: Worker, prefill: Worker, _ means: KVReleaseMeans) {
    precondition(!isLive && !leg.isOut, "a call is made once at a time")
    self.order = order
    self.worker = worker
    self.prefill = prefill
    self.means = means
    isCold = false
    mayBeEarly = false
    head.removeAll()
    body.removeAll()
  }

  /// Sends what was written; false when there is no connection to be had.
  func send(through pool: WorkerPool, within timeout: Duration) -> Bool {
    precondition(isLive && !head.isEmpty && !body.isEmpty)
    answer.removeAll()
    leg.method = .post
    // An attached handle may not be seen twice, so it gets no connection that may be stale.
    leg.mayRepeat = means != .attachment
    timer.arm(after: timeout, for: self)
    guard pool.start(leg, fresh: !leg.mayRepeat) else {
      timer.cancel()
      return false
    }
    return true
  }

  /// Lets go of its order and waits before it is sent once more.
  func pause(for delay: Duration) {
    precondition(isLive && !leg.isOut)
    order = nil
    timer.arm(after: delay, for: self)
  }

  /// Ends it without a word; the engine sees its connection close.
  func cancel() {
    timer.cancel()
    leg.cancel()
    letGo()
  }

  /// It has ended and may be used for another. Precondition: no leg is out.
  func letGo() {
    precondition(!leg.isOut)
    worker = nil
    prefill = nil
    order = nil
    body.removeAll(keepingCapacityUpTo: 16 * 1024)
  }

  private func end(_ outcome: Outcome) {
    timer.cancel()
    desk.callDidEnd(self, outcome)
  }
}

extension ReleaseCall: LoopTimerHandler {
  func timerDidFire(_ timer: any LoopTimer) {
    guard leg.isOut else { return desk.callMayRepeat(self) }
    let wasSent = leg.wasSent
    leg.cancel()
    end(.failed(wasSent: wasSent))
  }
}

extension ReleaseCall: LegObserver {
  func legIsReady(_ leg: Leg) {
    withUnsafeTemporaryAllocation(of: UnsafeRawBufferPointer.self, capacity: 2) { pieces in
      pieces.initializeElement(at: 0, to: head.bytes)
      pieces.initializeElement(at: 1, to: body.bytes)
      leg.send(UnsafeBufferPointer(pieces))
    }
  }

  func legDidReceiveHead(_ leg: Leg) {}

  func leg(_ leg: Leg, didReceive bytes: UnsafeRawBufferPointer) {
    let missing = ReleaseVerdict.answerByteCount - answer.count
    answer.append(UnsafeRawBufferPointer(rebasing: bytes.prefix(max(0, missing))))
  }

  func legDidEnd(_ leg: Leg) {
    end(.answered(.of(means, status: leg.head.status, answer: answer.bytes)))
  }

  func leg(_ leg: Leg, didFail failure: LegFailure) {
    end(.failed(wasSent: !failure.nothingDelivered))
  }
}
