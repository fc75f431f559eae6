/// Histograms of durations with the same buckets, by number; written by one loop and read by any
/// thread.
///
/// They lie one after the other, so that nobody has to take hold of one to count in it.
final class LatencyHistogramRow: Sendable {
  /// How many.
  let count: Int
  private let bounds: HistogramBounds
  private let counters: AtomicCounters
  private let stride: Int

  /// `count` empty histograms with these buckets.
  init(_ count: Int, _ bounds: HistogramBounds = .durations) {
    self.count = count
    self.bounds = bounds
    stride = LatencyHistogram.counters(for: bounds)
    counters = AtomicCounters(count: count * stride)
  }

  /// Counts one duration in histogram number `place`.
  func record(nanoseconds: Int64, in place: Int) {
    precondition(place >= 0 && place < count)
    counters.record(nanoseconds: nanoseconds, bounds, from: place &* stride)
  }

  /// Histogram number `place`.
  subscript(place: Int) -> LatencyHistogram {
    precondition(place >= 0 && place < count)
    return LatencyHistogram(bounds, in: counters, from: place &* stride)
  }
}
