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
  /// The prefill leg failed while decode was already waiting for it.
  case prefillFailed
  /// The decode engine failed or was lost with it.
  case decodeLost
  /// The router is stopping.
  case routerStopping

  /// The reason as it is written in logs and metric labels.
  public var name: StaticString {
    switch self {
    case .clientGone: "client_gone"
    case .requestTimedOut: "request_timed_out"
    case .decodeRejected: "decode_rejected"
    case .noDecodeWorker: "no_decode_worker"
    case .prefillFailed: "prefill_failed"
    case .decodeLost: "decode_lost"
    case .routerStopping: "router_stopping"
    }
  }
}
