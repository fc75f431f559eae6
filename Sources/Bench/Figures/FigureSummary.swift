/// What a run's values of one kind come to, in milliseconds; all 0 where there is no value.
package struct FigureSummary: Sendable {
  /// The arithmetic mean.
  package var mean = 0.0
  /// The middle value, or the mean of the two middle ones.
  package var median = 0.0
  /// The standard deviation of the values themselves (divided by their number).
  package var deviation = 0.0
  /// Shares in percent as asked for, and the values that they reach to.
  package var percentiles: [(share: Double, value: Double)] = []
}
