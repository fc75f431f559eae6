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

  @Option(help: "Failures in a row that eject a worker.")
  var cbFailureThreshold = 10

  @Option(help: "Successes that admit an ejected worker again, and requests at once that try it.")
  var cbSuccessThreshold = 3

  @Option(help: "Time that a worker is ejected the first time, in seconds.")
  var cbTimeoutDurationSecs = 60

  @Option(help: "Time within which those failures count, in seconds.")
  var cbWindowDurationSecs = 120

  @Flag(help: "Never eject a worker for the requests that it fails.")
  var disableCircuitBreaker = false

  @Option(
    help: ArgumentHelp(
      "Percent of a role's workers: with fewer eligible, ejections are overlooked; 0 for never.",
      valueName: "percent"))
  var panicThreshold = 30

  /// Writes what the flags say into `configuration`.
  func apply(to configuration: inout RouterConfiguration) {
    configuration.health.path = healthCheckEndpoint
    configuration.health.interval = .seconds(healthCheckIntervalSecs)
    configuration.health.timeout = .seconds(healthCheckTimeoutSecs)
    configuration.health.failureThreshold = healthFailureThreshold
    configuration.health.successThreshold = healthSuccessThreshold
    configuration.breaker.isOff = disableCircuitBreaker
    configuration.breaker.failureThreshold = cbFailureThreshold
    configuration.breaker.successThreshold = cbSuccessThreshold
    configuration.breaker.timeout = .seconds(cbTimeoutDurationSecs)
    configuration.breaker.window = .seconds(cbWindowDurationSecs)
    configuration.breaker.panicThreshold = panicThreshold
  }
}
