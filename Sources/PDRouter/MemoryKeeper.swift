internal import EventLoop

/// Gives memory back to the system after a peak: thousands of slow clients, or of large bodies.
///
/// Looks every ten seconds, on the first loop only, for the whole process. A look takes
/// microseconds; giving back happens after peaks only (`TrimRule`), and holds the loop up for a
/// tenth of a second a gigabyte.
final class MemoryKeeper {
  private static let interval: Duration = .seconds(10)

  private let timer: any LoopTimer
  private var rule = TrimRule()

  init(on loop: any Loop) {
    timer = loop.makeTimer()
  }

  /// Looks from now on.
  func start() {
    timer.arm(after: MemoryKeeper.interval, for: self)
  }

  /// Looks no more.
  func stop() {
    timer.cancel()
  }
}

extension MemoryKeeper: LoopTimerHandler {
  func timerDidFire(_ timer: any LoopTimer) {
    if rule.isDue(resident: HeapMemory.residentBytes(), free: HeapMemory.freeBytes()) {
      HeapMemory.giveBack()
      rule.noteGivenBack(
        resident: HeapMemory.residentBytes(), free: HeapMemory.freeBytes())
    }
    start()
  }
}
