internal import ArgumentParser
internal import PDRouter
internal import Vocabulary

/// The flags of TLS, on both sides.
struct TLSOptions: ParsableArguments {
  @Option(
    parsing: .singleValue,
    help: ArgumentHelp(
      "A certificate for clients, with its chain (PEM); repeatable, then chosen by name (SNI).",
      valueName: "file"))
  var tlsCertPath: [String] = []

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp("Its private key (PEM); as many, in the same order.", valueName: "file"))
  var tlsKeyPath: [String] = []

  @Option(
    help: ArgumentHelp(
      "Authorities of clients (PEM): who shows no certificate of theirs is refused.",
      valueName: "file"))
  var tlsClientCaPath: String?

  @Flag(help: "Speak TLS on the operators' port too.")
  var adminTls = false

  @Flag(help: "Speak TLS on the metrics port too.")
  var prometheusTls = false

  @Option(help: "Time for a client's TLS handshake, in seconds.")
  var tlsHandshakeTimeoutSecs = 10

  @Option(help: "TLS handshakes that may be under way on one loop; one more ends the oldest.")
  var tlsMaxHandshakes = 8192

  @Option(
    help: ArgumentHelp(
      "Authorities of https workers (PEM); the system's when none is given.", valueName: "file"))
  var workerCaPath: String?

  @Option(
    help: ArgumentHelp(
      "A certificate that https workers are shown when they ask (PEM).", valueName: "file"))
  var workerClientCertPath: String?

  @Option(help: ArgumentHelp("Its private key (PEM).", valueName: "file"))
  var workerClientKeyPath: String?

  @Flag(help: "Do not check https workers' certificates: anybody can pass for one.")
  var workerTlsInsecure = false

  /// Writes what the flags say into `configuration`.
  func apply(to configuration: inout RouterConfiguration) {
    configuration.tls.certificatePaths = tlsCertPath
    configuration.tls.keyPaths = tlsKeyPath
    configuration.tls.clientAuthoritiesPath = tlsClientCaPath
    configuration.tls.coversAdmin = adminTls
    configuration.tls.coversMetrics = prometheusTls
    configuration.tls.workerAuthoritiesPath = workerCaPath
    configuration.tls.workerCertificatePath = workerClientCertPath
    configuration.tls.workerKeyPath = workerClientKeyPath
    configuration.tls.acceptsAnyWorker = workerTlsInsecure
    configuration.timeouts.tlsHandshake = .seconds(tlsHandshakeTimeoutSecs)
    configuration.limits.tlsHandshakes = tlsMaxHandshakes
  }
}
