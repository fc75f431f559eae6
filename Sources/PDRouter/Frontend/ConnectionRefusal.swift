/// Why a client's connection was not taken.
public enum ConnectionRefusal: Int, CaseIterable, Sendable {
  /// As many were open as may be (`Limits.clientConnections`).
  case limit
  /// The process has no descriptor (or memory) left for it.
  case noDescriptor
  /// As many TLS handshakes were under way on its loop as may be (`Limits.tlsHandshakes`), and it
  /// was the oldest.
  case handshakes

  /// Its label in metrics.
  var name: StaticString {
    switch self {
    case .limit: "limit"
    case .noDescriptor: "no_descriptor"
    case .handshakes: "handshakes"
    }
  }
}
