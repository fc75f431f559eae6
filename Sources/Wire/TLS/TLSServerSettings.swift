/// What a server's TLS context is made of.
public struct TLSServerSettings: Equatable, Sendable {
  /// Its certificates; the first one is shown to who asks for no name that another is for.
  public var identities: [TLSFiles]
  /// The authorities of clients, a PEM file; nil asks clients for no certificate.
  public var clientAuthorities: String?
  /// What may be spoken inside, the preferred one first.
  public var protocols: [TLSProtocol]

  /// Settings from their parts.
  public init(
    identities: [TLSFiles], clientAuthorities: String? = nil, protocols: [TLSProtocol] = [.http1]
  ) {
    self.identities = identities
    self.clientAuthorities = clientAuthorities
    self.protocols = protocols
  }
}
