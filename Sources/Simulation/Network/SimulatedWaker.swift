internal import EventLoop

/// Wakes a simulated loop; for the world's own thread only, as a world has but one.
final class SimulatedWaker: LoopWaker {
  nonisolated(unsafe) private weak let loop: SimulatedLoop?

  init(loop: SimulatedLoop) {
    self.loop = loop
  }

  func wake() {
    loop?.wake()
  }
}
