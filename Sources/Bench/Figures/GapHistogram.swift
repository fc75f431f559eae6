internal import Vocabulary

/// Many durations as counts, each known to 0.05 %: the distribution of times between tokens, of
/// which there are too many to keep.
///
/// Buckets are linear within a power of two, 1,024 to each (the layout of HdrHistogram). Mean and
/// deviation are exact. Half a megabyte, whatever is recorded; recording is a few instructions.
struct GapHistogram {
  private static let bits = 10
  private static let perOctave = 1 << bits
  private static let bucketCount = (64 - bits) * perOctave

  /// How many were recorded.
  private(set) var count = 0
  private var counts = [Int](repeating: 0, count: bucketCount)
  private var mean = 0.0
  private var squares = 0.0

  /// Counts one; negative ones count as 0.
  mutating func record(_ duration: Duration) {
    let nanoseconds = max(0, duration.wholeNanoseconds)
    counts[GapHistogram.bucket(of: UInt64(nanoseconds))] += 1
    count += 1
    // Welford's way: exact sums of squares would lose what deviation there is.
    let delta = Double(nanoseconds) - mean
    mean += delta / Double(count)
    squares += delta * (Double(nanoseconds) - mean)
  }

  /// Mean, deviation and percentiles in milliseconds.
  func summary(_ shares: [Double]) -> FigureSummary {
    guard count > 0 else { return FigureSummary(percentiles: shares.map { ($0, 0) }) }
    return FigureSummary(
      mean: mean / 1e6, median: percentile(50) / 1e6,
      deviation: (squares / Double(count)).squareRoot() / 1e6,
      percentiles: shares.map { ($0, percentile($0) / 1e6) })
  }

  /// Between the two nearest ranks, as `Sample` does it; nanoseconds.
  private func percentile(_ share: Double) -> Double {
    precondition(share >= 0 && share <= 100)
    let rank = share / 100 * Double(count - 1)
    let low = value(atRank: Int(rank))
    let fraction = rank - rank.rounded(.down)
    return fraction > 0 ? low + (value(atRank: Int(rank) + 1) - low) * fraction : low
  }

  private func value(atRank rank: Int) -> Double {
    var rest = rank
    for (bucket, here) in counts.enumerated() where here > 0 {
      if rest < here { return GapHistogram.middle(of: bucket) }
      rest -= here
    }
    return 0
  }

  private static func bucket(of value: UInt64) -> Int {
    guard value >= UInt64(perOctave) else { return Int(value) }
    let octave = 63 - bits - value.leadingZeroBitCount
    return octave * perOctave + Int(value >> UInt64(octave))
  }

  private static func middle(of bucket: Int) -> Double {
    guard bucket >= 2 * perOctave else { return Double(bucket) }
    let octave = bucket / perOctave - 1
    let low = UInt64(bucket - octave * perOctave) << UInt64(octave)
    return Double(low) + Double((UInt64(1) << UInt64(octave)) - 1) / 2
  }
}
