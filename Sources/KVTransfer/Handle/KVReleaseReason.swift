/// Why a handle was given back unused.
public enum KVReleaseReason: UInt8, Sendable, CaseIterable {
  /// The client went away.
  case clientGone
  /// The request's own deadline passed.
  case requestTimedOut
  /// The decode engine refused the request before admission and so told prefill to free the blocks.
  case decodeRejected
  /// No decode worker could be reached while the lease lasted.
  case noDecodeWorker
  /// The router is stopping.
  case routerStopping

  /// The reason as it is written in logs and metric labels.
  public var name: StaticString {
    switch self {
    case .clientGone: "client_gone"
    case .requestTimedOut: "request_timed_out"
    case .decodeRejected: "decode_rejected"
    case .noDecodeWorker: "no_decode_worker"
    case .routerStopping: "router_stopping"
    }
  }
}
