internal import ArgumentParser
internal import PDRouter

/// The flags of how much is let in at once, with the baseline's names and defaults.
struct AdmissionOptions: ParsableArguments {
  @Option(help: "Requests at workers at once, each to the end of its answer.")
  var maxConcurrentRequests = 32768

  @Option(help: "Requests that wait while there is no room; 0 refuses them at once.")
  var queueSize = 100

  @Option(help: "Longest wait, in seconds.")
  var queueTimeoutSecs = 60

  @Option(help: "Requests let in per second; any number unless given.")
  var rateLimitTokensPerSecond: Int?

  /// Writes what the flags say into `configuration`.
  func apply(to configuration: inout RouterConfiguration) {
    configuration.admission.maxConcurrentRequests = maxConcurrentRequests
    configuration.admission.queueSize = queueSize
    configuration.admission.queueTimeout = .seconds(queueTimeoutSecs)
    configuration.admission.requestsPerSecond = rateLimitTokensPerSecond
  }
}
