internal import Vocabulary

/// A histogram of durations, written by one loop and read by any thread.
///
/// The sum is in whole microseconds, so that it does not overflow for as long as anybody may want
/// to measure; what is below one is carried on, so that it is exact to the last. Only grows.
struct LatencyHistogram: Sendable {
  /// Where the buckets begin.
  static let firstBucket = 2

  /// The buckets.
  let bounds: HistogramBounds
  /// From `first` on: the sum in microseconds and the nanoseconds that are carried on, then the
  /// buckets' counts.
  private let counters: AtomicCounters
  private let first: Int

  /// An empty histogram with these buckets.
  init(_ bounds: HistogramBounds = .durations) {
    self.init(
      bounds, in: AtomicCounters(count: LatencyHistogram.counters(for: bounds)), from: 0)
  }

  /// The one with these buckets that lies in `counters` from number `first` on.
  @inline(__always)
  init(_ bounds: HistogramBounds, in counters: AtomicCounters, from first: Int) {
    self.bounds = bounds
    self.counters = counters
    self.first = first
  }

  /// How many counters one with these buckets has.
  static func counters(for bounds: HistogramBounds) -> Int { bounds.seconds.count + 3 }

  /// Counts one duration.
  @inline(__always)
  func record(_ duration: Duration) {
    record(nanoseconds: duration.wholeNanoseconds)
  }

  /// Counts one duration, and `zeros` of no time at all.
  @inline(__always)
  func record(nanoseconds: Int64, zeros: Int = 0) {
    counters.record(nanoseconds: nanoseconds, zeros: zeros, bounds, from: first)
  }

  /// Durations in bucket number `place`, not accumulated.
  func count(inBucket place: Int) -> Int {
    counters.value(at: first + LatencyHistogram.firstBucket + place)
  }

  /// How many durations were counted.
  var count: Int { (0...bounds.seconds.count).reduce(0) { $0 + count(inBucket: $1) } }

  /// The sum of all durations in seconds.
  var sum: Double { Double(counters.value(at: first)) / 1e6 }
}
