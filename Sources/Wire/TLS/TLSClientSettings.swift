/// What a client's TLS context is made of.
public struct TLSClientSettings: Equatable, Sendable {
  /// The authorities that servers' certificates must lead to, a PEM file; nil takes the system's.
  public var authorities: String?
  /// What it shows to servers that ask; nil for nothing.
  public var identity: TLSFiles?
  /// Whether any certificate is taken, for any name. Whoever stands in between then reads and
  /// changes everything.
  public var acceptsAnything = false
  /// What it offers to speak inside, the preferred one first.
  public var protocols: [TLSProtocol]

  /// Settings from their parts.
  public init(
    authorities: String? = nil, identity: TLSFiles? = nil, acceptsAnything: Bool = false,
    protocols: [TLSProtocol] = [.http1]
  ) {
    self.authorities = authorities
    self.identity = identity
    self.acceptsAnything = acceptsAnything
    self.protocols = protocols
  }
}
