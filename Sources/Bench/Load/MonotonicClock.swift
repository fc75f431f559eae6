internal import Glibc
package import Vocabulary

/// The system's monotonic clock, read anew at each call: a loop's `now` is of its wake-up.
package enum MonotonicClock {
  /// This moment; the clock is the same as that of loops over sockets.
  package static var now: Instant { Instant(nanoseconds: nanoseconds()) }

  /// Nanoseconds since an arbitrary start.
  package static func nanoseconds() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}
