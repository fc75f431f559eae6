/// Whether a worker's breaker lets requests to it.
enum BreakerState: UInt8, CaseIterable, Sendable {
  /// Requests go to it.
  case admitting
  /// It is passed over.
  case ejected
  /// A few requests at once try it.
  case probing

  /// The baseline's name for it, in metrics and in `/workers`.
  var name: StaticString {
    switch self {
    case .admitting: "closed"
    case .ejected: "open"
    case .probing: "half_open"
    }
  }
}
