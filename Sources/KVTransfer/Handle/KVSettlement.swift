/// How a handle ended; every handle that was held ends in exactly one of these ways.
public enum KVSettlement: Hashable, Sendable {
  /// Decode made its first token from it.
  case consumed
  /// It was given back: prefill has been told to free its blocks, or will be by the decode engine.
  case released(KVReleaseReason, by: KVReleaseMechanism)
  /// Its lease ran out before it reached a decode engine; prefill frees the blocks by itself.
  case expired
  /// It must not be used again: its bytes may have reached an engine that failed, or its prefill
  /// engine has restarted.
  case spent

  /// The ending as it is written in logs and metric labels.
  public var name: StaticString {
    switch self {
    case .consumed: "consumed"
    case .released: "released"
    case .expired: "expired"
    case .spent: "spent"
    }
  }
}
