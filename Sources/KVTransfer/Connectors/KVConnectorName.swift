/// The connectors by the names of the command line; any other name is refused at configuration.
public enum KVConnectorName: String, Sendable, CaseIterable {
  /// vLLM's NIXL connectors: decode reads from prefill (pull), or prefill writes (push).
  case nixl
  /// vLLM's Mooncake connector: prefill writes when decode asks.
  case mooncake
  /// vLLM's MoRI-IO connector, in READ or WRITE mode.
  case moriio
  /// SGLang: both engines get the same request and meet in a room.
  case sglang

  /// The connector of this name, for engines with its default lease or with `leaseDuration`.
  public func make(
    leaseDuration: Duration? = nil, options: KVConnectorOptions = KVConnectorOptions()
  ) -> any KVConnector {
    switch self {
    case .nixl:
      NIXLConnector(
        leaseDuration: leaseDuration ?? .seconds(30),
        sharesPromptTokens: options.sharesPromptTokens,
        legsLeaveTogether: options.legsLeaveTogether)
    case .mooncake:
      MooncakeConnector(
        leaseDuration: leaseDuration ?? .seconds(480),
        legsLeaveTogether: options.legsLeaveTogether)
    case .moriio:
      MoRIIOConnector(
        writes: options.moriioWrites, leaseDuration: leaseDuration ?? .seconds(60))
    case .sglang: SGLangConnector(leaseDuration: leaseDuration ?? .seconds(300))
    }
  }
}
