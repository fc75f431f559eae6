/// A protocol that two sides can agree to speak on a stream.
public enum ApplicationProtocol: Equatable, Sendable {
  /// HTTP/1.1 (RFC 9112); `http/1.1` in ALPN.
  case http1
  /// HTTP/2 (RFC 9113); `h2` in ALPN.
  case http2
}
