internal import Wire

/// Why the router ended a client's HTTP/2 connection, besides faults within the protocol.
enum HTTP2ConnectionEnding: CaseIterable {
  /// The client took nothing of its answers.
  case stalled
  /// The client waited for answers and did not say that it lives.
  case pingTimeout
  /// A head did not come to its end.
  case headTimeout

  /// Its label in metrics.
  var label: StaticString {
    switch self {
    case .stalled: "stalled"
    case .pingTimeout: "ping_timeout"
    case .headTimeout: "head_timeout"
    }
  }

  /// What happened, one sentence without a full stop.
  var message: StaticString {
    switch self {
    case .stalled: "the client does not take its answers"
    case .pingTimeout: "the client does not answer PING"
    case .headTimeout: "a header block took too long to arrive"
    }
  }

  /// Every reason for which a connection is ended.
  static let labels: [StaticString] = HTTP2Error.labels + allCases.map(\.label)
}
