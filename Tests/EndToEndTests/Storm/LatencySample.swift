import Vocabulary

/// Durations of one kind, for percentiles.
struct LatencySample: Sendable, CustomStringConvertible {
  private var durations: [Duration] = []

  /// How many there are.
  var count: Int { durations.count }

  mutating func add(_ duration: Duration) {
    durations.append(duration)
  }

  /// The smallest duration that so many of a hundred do not exceed; zero of none.
  func percentile(_ percent: Int) -> Duration {
    guard !durations.isEmpty else { return .zero }
    let sorted = durations.sorted()
    return sorted[min(sorted.count - 1, sorted.count * percent / 100)]
  }

  var description: String {
    "p50 \(percentile(50)), p99 \(percentile(99)), max \(percentile(100)) of \(count)"
  }
}
