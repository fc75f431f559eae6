/// A one-shot timer made by a loop; armed and re-armed any number of times without allocation.
///
/// Fires at its deadline or up to `LoopTimer` resolution (5 ms) after it: one wheel carries all
/// timers of a loop. Holds its handler strongly while armed and not otherwise, so an armed timer
/// keeps its owner alive and an unarmed one makes no cycle.
public protocol LoopTimer: AnyObject {
  /// Arms (or re-arms) the timer to call `handler` `delay` after the loop's `now`.
  func arm(after delay: Duration, for handler: any LoopTimerHandler)

  /// Disarms; nothing is called until armed again.
  func cancel()

  /// Whether it is armed.
  var isArmed: Bool { get }
}

/// Who hears a timer.
public protocol LoopTimerHandler: AnyObject {
  /// `timer` reached its deadline and is unarmed; it may be armed again here.
  func timerDidFire(_ timer: any LoopTimer)
}
