/// Durations in nanoseconds, all kept, so that percentiles are exact.
struct Latencies {
  private var values: [Int64] = []

  /// Notes one.
  mutating func record(_ nanoseconds: Int64) {
    values.append(nanoseconds)
  }

  /// The smallest value that `share` (0 to 1) of all do not exceed, in microseconds; nil if empty.
  func microseconds(atShare share: Double) -> Double? {
    precondition(share >= 0 && share <= 1)
    guard !values.isEmpty else { return nil }
    let rank = Int((share * Double(values.count)).rounded(.up))
    return Double(values.sorted()[max(1, rank) - 1]) / 1000
  }
}
