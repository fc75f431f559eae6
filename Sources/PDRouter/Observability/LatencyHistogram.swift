internal import Vocabulary

/// A histogram of durations, written by one loop and read by any thread.
///
/// The sum is in whole microseconds, so that it does not overflow for as long as anybody may want
/// to measure; what is below one is carried on, so that it is exact to the last. Only grows.
final class LatencyHistogram: Sendable {
  /// The buckets.
  let bounds: HistogramBounds
  /// The buckets' counts, then the sum in microseconds and the nanoseconds that are carried on.
  private let counters: AtomicCounters

  /// An empty histogram with these buckets.
  init(_ bounds: HistogramBounds = .durations) {
    self.bounds = bounds
    counters = AtomicCounters(count: bounds.seconds.count + 3)
  }

  /// Counts one duration.
  func record(_ duration: Duration) {
    record(nanoseconds: duration.wholeNanoseconds)
  }

  /// Counts one duration, and `zeros` of no time at all.
  func record(nanoseconds: Int64, zeros: Int = 0) {
    counters.add(to: bounds.place(of: nanoseconds))
    if zeros > 0 { counters.add(zeros, to: 0) }
    let rest = counters.value(at: counters.count - 1) &+ Int(max(0, nanoseconds))
    counters.add(rest / 1000, to: counters.count - 2)
    counters.set(rest % 1000, at: counters.count - 1)
  }

  /// Durations in bucket number `place`, not accumulated.
  func count(inBucket place: Int) -> Int { counters.value(at: place) }

  /// How many durations were counted.
  var count: Int { (0...bounds.seconds.count).reduce(0) { $0 + counters.value(at: $1) } }

  /// The sum of all durations in seconds.
  var sum: Double { Double(counters.value(at: counters.count - 2)) / 1e6 }
}
