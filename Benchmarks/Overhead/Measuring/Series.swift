/// The values of one metric of one target, one a round.
struct Series {
  /// Whose values they are.
  let target: String
  /// What they say, with the unit.
  let metric: String
  /// In the order of the rounds.
  var values: [Double] = []

  /// The middle value (the mean of the two middle ones); 0 when there is none.
  var median: Double { Series.median(of: values) }

  /// The middle one of `values`; 0 when there is none.
  static func median(of values: [Double]) -> Double {
    guard !values.isEmpty else { return 0 }
    let sorted = values.sorted()
    return (sorted[sorted.count / 2] + sorted[(sorted.count - 1) / 2]) / 2
  }
}
