internal import Vocabulary

/// A `LoopTimer` with a place in its loop's wheel.
///
/// While armed it holds its handler and itself, and neither otherwise. Arming costs a few stores:
/// its place in the wheel is for the deadline or for an earlier moment, so a timer that is moved
/// on, or cancelled and armed again, keeps its place and is given another one only when that comes
/// up. After the loop has ended arming does nothing.
final class LibUVTimer: LoopTimer {
  let id: TimerWheel.TimerID
  private let loop: LibUVLoop
  private var handler: (any LoopTimerHandler)?
  /// Itself while it is armed.
  private var holder: LibUVTimer?
  /// When it is due, while it is armed.
  private var deadline = Instant.zero
  /// The moment that its place in the wheel is for, at or before the deadline; no place is for one
  /// that never comes.
  private var placedFor = Instant.distantFuture
  /// The last two delays and their conversions, a division of 128 bits that most re-arms can skip:
  /// many timers watch two things by turns.
  private var delay = Duration.zero
  private var nanoseconds: Int64 = 0
  private var earlierDelay = Duration.zero
  private var earlierNanoseconds: Int64 = 0

  init(loop: LibUVLoop, id: TimerWheel.TimerID) {
    self.loop = loop
    self.id = id
  }

  deinit {
    loop.removeTimer(id)
  }

  var isArmed: Bool { handler != nil }

  func arm(after delay: Duration, for handler: any LoopTimerHandler) {
    guard loop.isUsable else { return }
    if delay != self.delay { change(to: delay) }
    let (sum, overflow) = loop.now.nanoseconds.addingReportingOverflow(nanoseconds)
    deadline = overflow ? .distantFuture : Instant(nanoseconds: sum)
    if deadline < placedFor { place() }
    guard self.handler !== handler else { return }
    if self.handler == nil { holder = self }
    self.handler = handler
  }

  func cancel() {
    guard handler != nil else { return }
    handler = nil
    holder = nil
  }

  /// Its place in the wheel has come up; precondition: somebody else holds it.
  func didComeUp() {
    placedFor = .distantFuture
    guard let due = handler else { return }
    guard loop.isDue(deadline) else { return place() }
    handler = nil
    holder = nil
    due.timerDidFire(self)
  }

  private func place() {
    loop.place(self, at: deadline)
    placedFor = deadline
  }

  private func change(to delay: Duration) {
    let (last, lastNanoseconds) = (self.delay, nanoseconds)
    nanoseconds = delay == earlierDelay ? earlierNanoseconds : max(0, delay.wholeNanoseconds)
    self.delay = delay
    earlierDelay = last
    earlierNanoseconds = lastNanoseconds
  }
}
