import EventLoop

/// A loop's handler made of closures.
final class LoopEvents: LoopHandler {
  var onWake: (() -> Void)?
  var onSignal: ((Int32) -> Void)?
  private(set) var wakes = 0
  private(set) var signals: [Int32] = []

  func loopDidWake(_ loop: any Loop) {
    wakes += 1
    onWake?()
  }

  func loop(_ loop: any Loop, didReceiveSignal number: Int32) {
    signals.append(number)
    onSignal?(number)
  }
}
