internal import Vocabulary

/// A `LoopTimer` with a place in its loop's wheel.
///
/// The loop holds it, and it holds its handler, while armed and not otherwise. Arming costs a few
/// stores; after the loop has ended it does nothing.
final class LibUVTimer: LoopTimer {
  let id: TimerWheel.TimerID
  private let loop: LibUVLoop
  private var handler: (any LoopTimerHandler)?
  /// The last delay and its conversion, a 128-bit division that most re-arms can skip.
  private var delay = Duration.zero
  private var delayNanoseconds: Int64 = 0

  init(loop: LibUVLoop, id: TimerWheel.TimerID) {
    self.loop = loop
    self.id = id
  }

  deinit {
    loop.removeTimer(id)
  }

  var isArmed: Bool { handler != nil }

  func arm(after delay: Duration, for handler: any LoopTimerHandler) {
    if delay != self.delay {
      self.delay = delay
      delayNanoseconds = max(0, delay.wholeNanoseconds)
    }
    let (sum, overflow) = loop.now.nanoseconds.addingReportingOverflow(delayNanoseconds)
    guard loop.arm(self, at: overflow ? .distantFuture : Instant(nanoseconds: sum)) else { return }
    if self.handler !== handler { self.handler = handler }
  }

  func cancel() {
    guard handler != nil else { return }
    handler = nil
    loop.disarm(self)
  }

  /// The wheel says the deadline has come; the loop has let go already.
  func fire() {
    guard let due = handler else { return }
    handler = nil
    due.timerDidFire(self)
  }
}
