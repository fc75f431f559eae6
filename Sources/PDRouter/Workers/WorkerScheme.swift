/// How a worker is spoken to, as the scheme of its URL says.
public enum WorkerScheme: String, CaseIterable, Sendable {
  /// HTTP/1.1 without TLS.
  case http
  /// TLS, and in it what both sides agree upon: HTTP/2 or HTTP/1.1.
  case https
  /// HTTP/2 without TLS, known beforehand (RFC 9113 §3.3).
  case h2c

  /// The port when a URL has none.
  public var defaultPort: UInt16 {
    switch self {
    case .http, .h2c: 80
    case .https: 443
    }
  }
}
