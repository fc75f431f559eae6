/// A decider's answer: which way a request goes, and why.
public enum DisaggregationVerdict: Sendable, Equatable {
  /// Over a prefill and a decode worker.
  case split(DisaggregationReason)
  /// Whole, to the decode worker.
  case aggregate(DisaggregationReason)

  /// Why.
  public var reason: DisaggregationReason {
    switch self {
    case .split(let reason), .aggregate(let reason): reason
    }
  }

  /// Whether the request goes over two workers.
  public var isSplit: Bool {
    switch self {
    case .split: true
    case .aggregate: false
    }
  }
}
