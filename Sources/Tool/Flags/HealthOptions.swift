internal import ArgumentParser
internal import PDRouter

/// The flags of how workers are found healthy or not, with the baseline's names and defaults.
struct HealthOptions: ParsableArguments {
  @Option(help: "Failed probes in a row that make a worker unhealthy.")
  var healthFailureThreshold = 3

  @Option(help: "Successful probes in a row that make it healthy again.")
  var healthSuccessThreshold = 2

  @Option(help: "Time for one probe, in seconds.")
  var healthCheckTimeoutSecs = 5

  @Option(help: "Time between probes, in seconds.")
  var healthCheckIntervalSecs = 60

  @Option(help: "Path that healthy workers answer with 2xx.")
  var healthCheckEndpoint = "/health"

  /// Writes what the flags say into `configuration`.
  func apply(to configuration: inout RouterConfiguration) {
    configuration.health.path = healthCheckEndpoint
    configuration.health.interval = .seconds(healthCheckIntervalSecs)
    configuration.health.timeout = .seconds(healthCheckTimeoutSecs)
    configuration.health.failureThreshold = healthFailureThreshold
    configuration.health.successThreshold = healthSuccessThreshold
  }
}
