/// What a leg remembers of having been let to a worker that is being tried.
///
/// Belongs to one reservation; given back to the breaker once.
struct BreakerTrial: Equatable, Sendable {
  /// A leg that tries nobody.
  static let none = BreakerTrial(period: 0, isOut: false)

  /// Which time of probing it belongs to, from 1; 0 for none.
  private(set) var period: UInt32
  /// Whether it still counts as one of those that are out.
  private(set) var isOut: Bool

  /// A trial that belongs to the time of probing of that number.
  init(period: UInt32, isOut: Bool) {
    self.period = period
    self.isOut = isOut
  }

  /// Ends its being out.
  ///
  /// - Returns: whether it was.
  mutating func end() -> Bool {
    defer { isOut = false }
    return isOut
  }
}
