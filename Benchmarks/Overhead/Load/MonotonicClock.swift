internal import Glibc

/// The system's monotonic clock, read anew at each call: a loop's `now` is of its wake-up.
enum MonotonicClock {
  /// Nanoseconds since an arbitrary start.
  static func nanoseconds() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}
