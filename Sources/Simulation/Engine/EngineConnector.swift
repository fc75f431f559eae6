package import Vocabulary

/// How an engine moves KV caches between a prefill and a decode engine: the dialect it speaks with
/// the router and with its like.
///
/// In the *reading* dialects prefill's answer says where the blocks are and decode reads them. In
/// the *meeting* ones both engines know the request by one name, and prefill writes as soon as it
/// has finished and decode has asked.
package enum EngineConnector: String, Sendable, CaseIterable {
  /// vLLM's `NixlConnector`: decode reads.
  case nixlPull = "nixl"
  /// vLLM's `NixlPushConnector`: the engines meet by request id.
  case nixlPush = "nixl-push"
  /// vLLM's `MooncakeConnector`: they meet by `transfer_id`.
  case mooncake
  /// vLLM's `MoRIIOConnector` in READ mode: decode reads.
  case moriioRead = "moriio-read"
  /// The same in WRITE mode: they meet by `transfer_id`, and find each other by request id.
  case moriioWrite = "moriio-write"
  /// SGLang: they meet by `bootstrap_room`, and prefill answers when decode has the KV.
  case sglang

  /// Whether decode reads from prefill; otherwise they meet.
  package var isReading: Bool { self == .nixlPull || self == .moriioRead }

  /// Whether prefill keeps the blocks of an answer that its first token ended. Mooncake and MoRIIO
  /// keep only what ended by length.
  package var keepsWhatStopped: Bool { self == .nixlPull || self == .nixlPush || self == .sglang }

  /// Whether prefill's answer carries `kv_transfer_params`.
  package var answersWithParameters: Bool { isReading || self == .nixlPush }

  /// Whether simulated engines of this kind can have data-parallel ranks.
  package var knowsRanks: Bool { self == .nixlPull || self == .nixlPush || self == .mooncake }

  /// Whether decode tells prefill of requests that it gave up or refused.
  package var tellsPrefill: Bool { self != .sglang }

  /// Whether the abort of a request without all its parameters kills the engine (measured for
  /// NIXL).
  package var diesOfLostAborts: Bool { self == .nixlPull || self == .nixlPush }

  /// Whether decode sends word to prefill while its requests wait: to renew leases, or to see
  /// whether prefill lives.
  package var hasHeartbeats: Bool { self == .nixlPull || self == .sglang }

  /// Whether an engine of `role` has a bootstrap port.
  package func hasBootstrap(_ role: Role) -> Bool {
    (self == .mooncake || self == .sglang) && role != .decode
  }

  /// How long prefill keeps blocks for which nobody has come; nil for the lease.
  package var reclaim: Duration? {
    switch self {
    case .nixlPull, .nixlPush: nil
    case .mooncake: .seconds(480)
    case .moriioRead: .seconds(3600)
    case .moriioWrite: .seconds(60)
    case .sglang: .seconds(300)
    }
  }

  /// How long decode waits for prefill to write.
  package var patience: Duration {
    switch self {
    case .nixlPull, .nixlPush, .moriioRead, .mooncake: .seconds(480)
    case .moriioWrite: .seconds(120)
    case .sglang: .seconds(300)
    }
  }
}
