internal import TestFiles
internal import Wire

/// The certificates of `Tests/Certificates`.
enum TestCertificates {
  static func path(_ name: String) -> String {
    CertificateFile.path(name)
  }

  static func files(_ name: String) -> TLSFiles {
    TLSFiles(certificate: path("\(name).pem"), key: path("\(name).key"))
  }

  static func server(
    _ names: String..., clientAuthorities: String? = nil, protocols: [TLSProtocol] = [.http1],
    tickets: TLSTicketKeys = TLSTicketKeys()
  ) throws -> TLSContext {
    try TLSContext.server(
      TLSServerSettings(
        identities: names.map { files($0) }, clientAuthorities: clientAuthorities.map { path($0) },
        protocols: protocols),
      tickets: tickets)
  }

  static func client(
    authorities: String? = "ca.pem", _ name: String? = nil, acceptsAnything: Bool = false,
    protocols: [TLSProtocol] = [.http1]
  ) throws -> TLSContext {
    try TLSContext.client(
      TLSClientSettings(
        authorities: authorities.map { path($0) }, identity: name.map { files($0) },
        acceptsAnything: acceptsAnything, protocols: protocols))
  }
}
