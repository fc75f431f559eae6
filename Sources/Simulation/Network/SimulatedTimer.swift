internal import EventLoop
internal import Vocabulary

/// A timer on virtual time, of the same coarseness as the real ones: it fires at the first 5 ms
/// tick at or after its deadline and after the instant of arming, never early.
///
/// Arming for later and cancelling touch no queue: the one entry in the world's queue finds out
/// when its time comes and moves on.
final class SimulatedTimer: LoopTimer {
  /// Nanoseconds between two ticks.
  static let resolution: Int64 = 5_000_000

  let loop: SimulatedLoop
  private var handler: (any LoopTimerHandler)?
  /// The tick it fires at, while armed.
  private var dueTime: Int64 = 0
  /// When its valid entry in the queue comes up; later than everything when it has none.
  private var entryTime = Int64.max
  /// Tells the valid entry from those that an earlier deadline replaced.
  private var generation: UInt32 = 0

  init(loop: SimulatedLoop) {
    self.loop = loop
  }

  var isArmed: Bool { handler != nil }

  func arm(after delay: Duration, for handler: any LoopTimerHandler) {
    guard !loop.isDead else { return }
    self.handler = handler
    let now = loop.world.now
    let deadline = max((now + delay).nanoseconds, now.nanoseconds + 1)
    let toTick = (SimulatedTimer.resolution - deadline % SimulatedTimer.resolution)
    let (tick, overflow) = deadline.addingReportingOverflow(toTick % SimulatedTimer.resolution)
    dueTime = overflow ? .max : tick
    if entryTime > dueTime { enqueue() }
  }

  func cancel() {
    handler = nil
  }

  /// Whether the entry of that generation has come to the moment of firing; if it is the valid one
  /// but early, it is entered anew for later.
  func isDue(generation: UInt32) -> Bool {
    guard generation == self.generation, handler != nil, !loop.isDead else { return false }
    return dueTime <= entryTime
  }

  /// The world drops an entry that is not due.
  func entryWasDropped(generation: UInt32) {
    guard generation == self.generation else { return }
    entryTime = .max
    if handler != nil { enqueue() }
  }

  func fire() {
    let handler = self.handler
    self.handler = nil
    entryTime = .max
    precondition(handler != nil, "only an armed timer fires")
    handler?.timerDidFire(self)
  }

  /// Lets go of the handler for ever: the loop is dead.
  func abandon() {
    handler = nil
  }

  private func enqueue() {
    guard !loop.isDead, dueTime != .max else { return }
    generation &+= 1
    entryTime = dueTime
    loop.world.schedule(
      .timer(self, generation: generation), at: Instant(nanoseconds: dueTime))
  }
}
