package import EventLoop
internal import Glibc
internal import Synchronization

/// Wakes a loop at given moments from a thread of its own: finer than a loop's timers (5 ms).
package final class Pacer: Sendable {
  /// The longest sleep, so that `stop` need not wait for a moment that is far off.
  private static let longestSleep: Int64 = 50_000_000

  private let isStopping = Atomic<Bool>(false)
  private let thread = Mutex<LoopThread?>(nil)

  /// Starts to wake at each moment that `moment` gives for 0, 1, 2 … in nanoseconds of
  /// `MonotonicClock`, ascending, until it gives nil.
  package init(
    waker: any LoopWaker, moment: @Sendable @escaping (_ number: Int) -> Int64?
  ) {
    thread.withLock {
      $0 = LoopThread.start(name: "pacer") { _ in
        var number = 0
        while let due = moment(number), self.sleep(until: due) {
          waker.wake()
          number += 1
        }
      }
    }
  }

  /// Ends the thread, within 50 ms.
  package func stop() {
    isStopping.store(true, ordering: .relaxed)
    thread.withLock { thread in
      thread?.join()
      thread = nil
    }
  }

  /// False when it is told to stop.
  private func sleep(until due: Int64) -> Bool {
    var now = MonotonicClock.nanoseconds()
    while now < due {
      if isStopping.load(ordering: .relaxed) { return false }
      let next = min(due, now + Pacer.longestSleep)
      var moment = timespec(
        tv_sec: Int(next / 1_000_000_000), tv_nsec: Int(next % 1_000_000_000))
      clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &moment, nil)
      now = MonotonicClock.nanoseconds()
    }
    return !isStopping.load(ordering: .relaxed)
  }
}
