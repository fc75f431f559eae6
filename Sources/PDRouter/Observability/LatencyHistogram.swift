internal import Vocabulary

/// A histogram of durations in the baseline's buckets, written by one loop and read by any thread.
final class LatencyHistogram: Sendable {
  /// Upper bounds in seconds; one more bucket takes the rest. Baseline §6.1.
  static let bounds: [Double] = [
    0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30, 45, 60, 90, 120, 180,
    240,
  ]

  /// The buckets' counts, then the sum in microseconds.
  private let counters = AtomicCounters(count: LatencyHistogram.bounds.count + 2)
  private let boundsInNanoseconds = LatencyHistogram.bounds.map { Int64($0 * 1e9) }

  /// Counts one duration.
  func record(_ duration: Duration) {
    let nanoseconds = duration.wholeNanoseconds
    var place = 0
    while place < boundsInNanoseconds.count, nanoseconds > boundsInNanoseconds[place] {
      place += 1
    }
    counters.add(to: place)
    counters.add(Int(nanoseconds / 1000), to: counters.count - 1)
  }

  /// Durations in bucket number `place`, not accumulated.
  func count(inBucket place: Int) -> Int { counters.value(at: place) }

  /// Whether a duration was counted.
  var isUsed: Bool { (0...LatencyHistogram.bounds.count).contains { count(inBucket: $0) > 0 } }

  /// The sum of all durations in seconds.
  var sum: Double { Double(counters.value(at: counters.count - 1)) / 1e6 }
}
