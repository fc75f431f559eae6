import EventLoop

/// A timer's handler made of a closure, which gets the handler to arm again with.
final class TimerAction: LoopTimerHandler {
  private let action: (TimerAction, any LoopTimer) -> Void
  private(set) var fired = 0

  init(_ action: @escaping (TimerAction, any LoopTimer) -> Void) {
    self.action = action
  }

  convenience init(_ action: @escaping () -> Void) {
    self.init { _, _ in action() }
  }

  func timerDidFire(_ timer: any LoopTimer) {
    fired += 1
    action(self, timer)
  }
}
