/// A TCP peer by name: a DNS name or an IP literal (IPv6 without brackets), and a port.
public struct HostAndPort: Hashable, Sendable, CustomStringConvertible {
  /// DNS name or IP literal.
  public let host: String
  /// TCP port; 0 asks the system for a free one when listening.
  public let port: UInt16

  /// A peer from its parts.
  public init(host: String, port: UInt16) {
    self.host = host
    self.port = port
  }

  /// `host:port`, IPv6 literals in brackets, as in a URL.
  public var description: String {
    host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)"
  }
}
