internal import Vocabulary

/// Durations, all kept, so that percentiles are exact.
struct Sample {
  private var nanoseconds: [Int64] = []

  /// Keeps one.
  mutating func record(_ duration: Duration) {
    nanoseconds.append(duration.wholeNanoseconds)
  }

  /// How many there are.
  var count: Int { nanoseconds.count }

  /// Mean, deviation and percentiles in milliseconds. A percentile that falls between two values
  /// lies between them in proportion, as numpy has it by default.
  func summary(_ shares: [Double]) -> FigureSummary {
    guard !nanoseconds.isEmpty else { return FigureSummary(percentiles: shares.map { ($0, 0) }) }
    let sorted = nanoseconds.sorted().map { Double($0) / 1e6 }
    let mean = sorted.reduce(0, +) / Double(sorted.count)
    let squares = sorted.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return FigureSummary(
      mean: mean, median: Sample.percentile(50, of: sorted),
      deviation: (squares / Double(sorted.count)).squareRoot(),
      percentiles: shares.map { ($0, Sample.percentile($0, of: sorted)) })
  }

  private static func percentile(_ share: Double, of sorted: [Double]) -> Double {
    precondition(share >= 0 && share <= 100 && !sorted.isEmpty)
    let rank = share / 100 * Double(sorted.count - 1)
    let low = Int(rank)
    let high = min(low + 1, sorted.count - 1)
    return sorted[low] + (sorted[high] - sorted[low]) * (rank - Double(low))
  }
}
