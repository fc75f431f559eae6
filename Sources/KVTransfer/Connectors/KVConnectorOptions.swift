/// What an operator may choose about a connector besides its name; each applies to one of them.
public struct KVConnectorOptions: Sendable, Equatable {
  /// MoRIIO: whether the engines run in WRITE mode. Both sides and the router must agree.
  public var moriioWrites = false
  /// NIXL: whether decode is given the token ids that prefill made of a chat.
  public var sharesPromptTokens = true

  /// NIXL push and Mooncake: whether decode is asked while prefill computes, instead of after it.
  public var legsLeaveTogether = false

  /// The defaults.
  public init() {}
}
