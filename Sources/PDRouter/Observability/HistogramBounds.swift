/// The upper bounds of a histogram's buckets, and which bucket a duration falls into.
///
/// Finding the bucket costs a table look-up and one or two comparisons.
final class HistogramBounds: Sendable {
  /// The bounds in seconds, ascending; one more bucket takes the rest.
  let seconds: [Double]
  private let nanoseconds: [Int64]
  /// The first bound that is not below 2^n ns, by n.
  private let firstPlaces: [UInt8]

  /// Durations of whole requests: the baseline's buckets (§6.1) and three above them.
  static let durations = HistogramBounds([
    0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30, 45, 60, 90, 120, 180,
    240, 480, 960, 1800,
  ])
  /// The same, and what lies below a millisecond: stages, some of which the router alone takes.
  static let stages = HistogramBounds([0.0001, 0.00025, 0.0005] + durations.seconds)
  /// Times between tokens.
  static let tokens = HistogramBounds([
    0.0005, 0.001, 0.0025, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.025, 0.03, 0.04, 0.05, 0.075, 0.1,
    0.15, 0.2, 0.25, 0.5, 1, 2.5, 5, 10, 30,
  ])

  private init(_ seconds: [Double]) {
    precondition(seconds.count < 255 && seconds == seconds.sorted() && seconds[0] > 0)
    let nanoseconds = seconds.map { Int64(($0 * 1e9).rounded()) }
    self.seconds = seconds
    self.nanoseconds = nanoseconds
    firstPlaces = (0..<63).map { exponent in
      UInt8(nanoseconds.firstIndex { $0 >= Int64(1) << Int64(exponent) } ?? nanoseconds.count)
    }
  }

  /// The bucket of a duration; a negative one counts as none.
  func place(of duration: Int64) -> Int {
    guard duration > 0 else { return 0 }
    var place = Int(firstPlaces[63 - duration.leadingZeroBitCount])
    while place < nanoseconds.count, duration > nanoseconds[place] { place += 1 }
    return place
  }
}
