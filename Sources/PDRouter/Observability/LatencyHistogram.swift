internal import Vocabulary

/// A histogram of durations, written by one loop and read by any thread.
///
/// The sum is in whole microseconds, so that it does not overflow for as long as anybody may want
/// to measure; what is below one is carried on, so that it is exact to the last. Only grows.
final class LatencyHistogram: Sendable {
  private static let firstBucket = 2

  /// The buckets.
  let bounds: HistogramBounds
  /// The sum in microseconds and the nanoseconds that are carried on, then the buckets' counts.
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
    counters.add(to: LatencyHistogram.firstBucket &+ bounds.place(of: nanoseconds))
    if zeros > 0 { counters.add(zeros, to: LatencyHistogram.firstBucket) }
    let rest = UInt(counters.value(at: 1)) &+ UInt(max(0, nanoseconds))
    counters.add(Int(rest / 1000), to: 0)
    counters.set(Int(rest % 1000), at: 1)
  }

  /// Durations in bucket number `place`, not accumulated.
  func count(inBucket place: Int) -> Int {
    counters.value(at: LatencyHistogram.firstBucket + place)
  }

  /// How many durations were counted.
  var count: Int { (0...bounds.seconds.count).reduce(0) { $0 + count(inBucket: $1) } }

  /// The sum of all durations in seconds.
  var sum: Double { Double(counters.value(at: 0)) / 1e6 }
}
