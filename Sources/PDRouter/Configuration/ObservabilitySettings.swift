/// What a router tells of each request to its client.
public struct ObservabilitySettings: Sendable, Equatable {
  /// Whether each routed answer has a field `x-pd-route`: workers, reason and times. Workers' URLs
  /// are addresses of the operator's own network.
  public var givesRouteReceipt = false
  /// Whether each routed answer has a field `x-router-stages`, and each stream a comment of that
  /// name at its end: times in milliseconds.
  public var reportsStages = false

  /// Neither.
  public init() {}
}
