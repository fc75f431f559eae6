internal import EventLoop
internal import Glibc
internal import Synchronization

/// Wakes a loop at a fixed rate from a thread of its own: finer than a loop's timers (5 ms).
final class Pacer: Sendable {
  private let isStopping = Atomic<Bool>(false)
  private let thread = Mutex<LoopThread?>(nil)

  /// Starts to wake `rate` times a second.
  init(waker: any LoopWaker, rate: Double) {
    precondition(rate > 0)
    let step = Int64(1e9 / rate)
    thread.withLock {
      $0 = LoopThread.start(name: "pacer") { _ in
        var due = MonotonicClock.nanoseconds()
        while !self.isStopping.load(ordering: .relaxed) {
          due += step
          var moment = timespec(
            tv_sec: Int(due / 1_000_000_000), tv_nsec: Int(due % 1_000_000_000))
          clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &moment, nil)
          waker.wake()
        }
      }
    }
  }

  /// Ends the thread.
  func stop() {
    isStopping.store(true, ordering: .relaxed)
    thread.withLock { $0?.join() }
  }
}
