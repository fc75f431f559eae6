internal import Vocabulary

/// A Prometheus histogram of durations, with vLLM's latency buckets.
package struct EngineHistogram: Hashable, Sendable {
  /// Upper bounds of the buckets, in seconds; one more bucket has no bound.
  package static let bounds: [Double] = [
    0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40,
    80, 160, 640, 2560,
  ]

  /// How many durations fell into each bucket, not summed up.
  package private(set) var buckets = [Int](repeating: 0, count: bounds.count + 1)
  /// The sum of all, in seconds.
  package private(set) var sum = 0.0
  /// How many there were.
  package private(set) var count = 0

  /// No durations yet.
  package init() {}

  /// Counts one duration.
  package mutating func observe(_ duration: Duration) {
    let seconds = duration.inSeconds
    let place = EngineHistogram.bounds.firstIndex { seconds <= $0 } ?? EngineHistogram.bounds.count
    buckets[place] += 1
    sum += seconds
    count += 1
  }
}
