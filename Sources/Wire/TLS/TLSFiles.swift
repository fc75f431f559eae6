/// A certificate with its chain, and the private key to it; both PEM files, perhaps the same one.
public struct TLSFiles: Equatable, Sendable {
  /// The certificate, followed by those between it and its authority.
  public var certificate: String
  /// Its private key, not locked.
  public var key: String

  /// Files by their paths.
  public init(certificate: String, key: String) {
    self.certificate = certificate
    self.key = key
  }
}
