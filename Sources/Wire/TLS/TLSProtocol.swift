/// A protocol inside TLS, by its name in ALPN (RFC 7301).
public enum TLSProtocol: String, CaseIterable, Sendable {
  /// HTTP/1.1.
  case http1 = "http/1.1"
  /// HTTP/2 over TLS.
  case http2 = "h2"

  /// The protocols as ALPN lists them: each name after its length.
  static func list(_ protocols: [TLSProtocol]) -> [UInt8] {
    protocols.flatMap { [UInt8($0.rawValue.utf8.count)] + Array($0.rawValue.utf8) }
  }
}
