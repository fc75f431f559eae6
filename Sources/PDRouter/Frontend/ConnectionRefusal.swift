/// Why a client's connection was not taken.
public enum ConnectionRefusal: Int, CaseIterable, Sendable {
  /// As many were open as may be (`Limits.clientConnections`).
  case limit
  /// The process has no descriptor (or memory) left for it.
  case noDescriptor

  /// Its label in metrics.
  var name: StaticString {
    switch self {
    case .limit: "limit"
    case .noDescriptor: "no_descriptor"
    }
  }
}
