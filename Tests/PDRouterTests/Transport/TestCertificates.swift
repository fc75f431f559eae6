import TestFiles

@testable import PDRouter

/// The certificates of `Tests/Certificates`, as settings.
enum TestCertificates {
  static func path(_ name: String) -> String {
    CertificateFile.path(name)
  }

  /// Settings with these certificates for clients, and `ca.pem` for workers.
  static func settings(
    _ names: String..., configure: (inout TLSSettings) -> Void = { _ in }
  ) -> TLSSettings {
    var settings = TLSSettings()
    settings.certificatePaths = names.map { path("\($0).pem") }
    settings.keyPaths = names.map { path("\($0).key") }
    settings.workerAuthoritiesPath = path("ca.pem")
    configure(&settings)
    return settings
  }
}
