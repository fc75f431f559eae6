internal import ArgumentParser
internal import PDRouter

/// The flags of how workers are spoken to.
struct WorkerProtocolOptions: ParsableArguments {
  @Flag(help: "Speak HTTP/2 without TLS (h2c) to workers at http://, as h2c:// says of one worker.")
  var workerHttp2 = false

  @Option(
    help: """
      Silence of an HTTP/2 connection with live requests after which a worker is sent a PING, in \
      seconds; 0 for never.
      """)
  var workerHttp2PingSecs = 30

  /// Writes what the flags say into `configuration`.
  func apply(to configuration: inout RouterConfiguration) {
    configuration.workerProtocol.prefersHTTP2 = workerHttp2
    configuration.workerProtocol.pingInterval = .seconds(workerHttp2PingSecs)
  }
}
