import Testing

@testable import PDRouter

/// What may be said about TLS, and what is wrong with it, all at once.
@Suite struct TLSSettingsTests {
  private static func path(_ name: String) -> String { TestCertificates.path(name) }

  private func faults(_ configure: (inout TLSSettings) -> Void) -> [String] {
    var settings = TLSSettings()
    configure(&settings)
    return settings.faults
  }

  @Test func `the defaults are plain HTTP for clients, and are right`() {
    #expect(faults { _ in } == [])
    #expect(!TLSSettings().servesClients)
  }

  @Test func `files that are right are taken`() {
    let found = faults {
      $0 = TestCertificates.settings("server", "second", "expired")
      $0.clientAuthoritiesPath = Self.path("ca.pem")
      $0.workerCertificatePath = Self.path("client.pem")
      $0.workerKeyPath = Self.path("client.key")
      $0.coversAdmin = true
      $0.coversMetrics = true
    }
    #expect(found == [])
  }

  @Test func `a certificate that is out of date is worth a warning, as is trusting anybody`() {
    var settings = TestCertificates.settings("server", "expired")
    #expect(settings.warnings == ["\(Self.path("expired.pem")): the certificate is out of date"])
    settings = TLSSettings()
    settings.acceptsAnyWorker = true
    #expect(settings.warnings.count == 1 && settings.faults == [])
  }

  @Test func `what does not go together is told at once`() {
    let found = faults {
      $0.clientAuthoritiesPath = "a"
      $0.coversAdmin = true
      $0.coversMetrics = true
      $0.workerKeyPath = "b"
      $0.workerAuthoritiesPath = "c"
      $0.acceptsAnyWorker = true
    }
    #expect(
      found == [
        "--worker-client-cert-path and --worker-client-key-path need each other",
        "--tls-client-ca-path needs --tls-cert-path and --tls-key-path",
        "--admin-tls needs --tls-cert-path and --tls-key-path",
        "--prometheus-tls needs --tls-cert-path and --tls-key-path",
        "--worker-tls-insecure and --worker-ca-path exclude each other",
      ])
    #expect(
      faults { $0.certificatePaths = ["a", "b"] }
        == ["--tls-cert-path and --tls-key-path come in pairs, not 2 and 0"])
  }

  @Test func `all faults of all files are told at once, each by its flag`() {
    let found = faults {
      $0.certificatePaths = ["/no/cert", Self.path("server.pem")]
      $0.keyPaths = [Self.path("encrypted.key"), Self.path("second.key")]
      $0.clientAuthoritiesPath = Self.path("README.md")
      $0.workerAuthoritiesPath = "/no/ca"
      $0.workerCertificatePath = "/no/client"
      $0.workerKeyPath = Self.path("client.key")
    }
    #expect(
      found == [
        "--tls-cert-path: /no/cert cannot be read: No such file or directory",
        "--tls-key-path: the private key in \(Self.path("encrypted.key")) is locked by a "
          + "passphrase; it must not be",
        "--tls-client-ca-path: \(Self.path("README.md")) holds no certificate in PEM form",
        "--tls-key-path: the private key in \(Self.path("second.key")) is not that of "
          + Self.path("server.pem"),
        "--worker-client-cert-path: /no/client cannot be read: No such file or directory",
        "--worker-ca-path: /no/ca cannot be read: No such file or directory",
      ])
  }

  @Test func `a reload takes other files, and leaves to a restart what changes ports`() {
    var old = RouterConfiguration()
    old.tls = TestCertificates.settings("server")
    var new = old
    new.tls.certificatePaths = [Self.path("chained.pem")]
    new.tls.keyPaths = [Self.path("chained.key")]
    new.tls.acceptsAnyWorker = true
    let taken = ConfigurationReload(from: old, to: new)
    #expect(taken.needRestart == [] && taken.configuration.tls == new.tls)

    new.tls.coversAdmin = true
    #expect(ConfigurationReload(from: old, to: new).needRestart == ["tls"])

    new.tls = TLSSettings()
    let off = ConfigurationReload(from: old, to: new)
    #expect(off.needRestart == ["tls"])
    #expect(off.configuration.tls.certificatePaths == old.tls.certificatePaths)
  }
}
