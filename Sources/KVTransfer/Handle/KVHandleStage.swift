/// Where in its life a handle is (`docs/kv-transfer.md` has the table of transitions).
public enum KVHandleStage: UInt8, Sendable, CaseIterable {
  /// The prefill leg is out; nothing is known to be pinned.
  case prefilling
  /// Prefill has answered; no byte of the handle has left the router.
  case held
  /// The decode leg is being sent.
  case dispatched
  /// Decode has answered with a 2xx head.
  case attached
  /// Nobody will use it: prefill is being told to free its blocks.
  case releasing
  /// The ledger has settled it by itself; its owner does not know yet.
  case withdrawn
  /// It has ended.
  case ended

  /// The stage as it is written in listings and logs.
  public var name: StaticString {
    switch self {
    case .prefilling: "prefilling"
    case .held: "held"
    case .dispatched: "dispatched"
    case .attached: "attached"
    case .releasing: "releasing"
    case .withdrawn: "withdrawn"
    case .ended: "ended"
    }
  }
}
