/// How many events of one kind are put up with: a burst, and what comes back in time.
public struct HTTP2FloodBudget: Equatable, Sendable {
  /// Events that may come at once.
  public var burst: Int
  /// Events a second that may come for ever.
  public var perSecond: Int

  /// A budget of `burst`, filled by `perSecond`.
  public init(burst: Int, perSecond: Int) {
    precondition(burst >= 0 && perSecond >= 0)
    self.burst = burst
    self.perSecond = perSecond
  }
}
