/// The connectors by the names of the command line; any other name is refused at configuration.
public enum KVConnectorName: String, Sendable, CaseIterable {
  /// vLLM's NIXL connector in pull mode: decode reads from prefill.
  case nixl

  /// The connector of this name, for engines with its default lease or with `leaseDuration`.
  public func make(leaseDuration: Duration? = nil) -> any KVConnector {
    switch self {
    case .nixl: leaseDuration.map { NIXLPullConnector(leaseDuration: $0) } ?? NIXLPullConnector()
    }
  }
}
