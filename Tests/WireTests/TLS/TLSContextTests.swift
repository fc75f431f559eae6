internal import Testing
internal import Wire

/// What is wrong with files, all of it at once and by name.
struct TLSContextTests {
  private static func path(_ name: String) -> String { TestCertificates.path(name) }

  private static func faults(
    _ identities: [TLSFiles], clientAuthorities: String? = nil
  ) -> [String] {
    do {
      _ = try TLSContext.server(
        TLSServerSettings(identities: identities, clientAuthorities: clientAuthorities),
        tickets: TLSTicketKeys())
      return []
    } catch {
      return error.faults.map(\.description)
    }
  }

  @Test(arguments: [
    ("no.pem", "server.key", "{no.pem} cannot be read: No such file or directory"),
    ("server.pem", "no.key", "{no.key} cannot be read: No such file or directory"),
    ("server.key", "server.key", "{server.key} holds no certificate in PEM form"),
    ("README.md", "server.key", "{README.md} holds no certificate in PEM form"),
    ("server.pem", "server.pem", "{server.pem} holds no private key in PEM form"),
    (
      "server.pem", "encrypted.key",
      "the private key in {encrypted.key} is locked by a passphrase; it must not be"
    ),
    (
      "server.pem", "second.key", "the private key in {second.key} is not that of {server.pem}"
    ),
  ])
  func `each fault names its file and says what is wrong`(
    _ certificate: String, _ key: String, _ sentence: String
  ) {
    let found = Self.faults([
      TLSFiles(certificate: Self.path(certificate), key: Self.path(key))
    ])
    let folder = Self.path("")
    #expect(
      found == [
        sentence.split(separator: "{", omittingEmptySubsequences: false)
          .joined(separator: folder).split(separator: "}", omittingEmptySubsequences: false)
          .joined()
      ])
  }

  @Test func `all faults are told at once`() {
    let found = Self.faults(
      [
        TLSFiles(certificate: Self.path("a"), key: Self.path("b")),
        TLSFiles(certificate: Self.path("server.pem"), key: Self.path("second.key")),
      ], clientAuthorities: Self.path("c"))
    #expect(found.count == 4)
  }

  @Test func `a malformed certificate is a fault`() {
    #expect(Self.faults([TestCertificates.files("broken")]).count == 2)
  }

  @Test func `a certificate that is out of date is taken, and said to be`() throws {
    let context = try TestCertificates.server("expired", "server", "early")
    #expect(context.certificates.map(\.isOutOfDate) == [true, false, true])
    #expect(context.certificates.map(\.endsAt) == [1_609_459_200, 4_733_510_400, 4_733_510_400])
    #expect(context.certificates[1].subject == "/CN=Test server")
  }
}
