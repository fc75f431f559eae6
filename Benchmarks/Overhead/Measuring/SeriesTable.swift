/// The series of one case, in the order in which they first got a value.
struct SeriesTable {
  /// All series.
  private(set) var series: [Series] = []

  /// Adds a value; nil adds none.
  mutating func note(_ target: String, _ metric: String, _ value: Double?) {
    guard let value else { return }
    let place = series.firstIndex { $0.target == target && $0.metric == metric }
    if let place {
      series[place].values.append(value)
    } else {
      series.append(Series(target: target, metric: metric, values: [value]))
    }
  }

  /// The values of a metric of a target; empty when there are none.
  func values(_ target: String, _ metric: String) -> [Double] {
    series.first { $0.target == target && $0.metric == metric }?.values ?? []
  }

  /// The median over the rounds of a target's value divided by another's of the same round.
  func ratio(_ target: String, to other: String, _ metric: String) -> Double? {
    let pairs = zip(values(target, metric), values(other, metric)).filter { $0.1 > 0 }
    return pairs.isEmpty ? nil : Series.median(of: pairs.map { $0.0 / $0.1 })
  }
}
