internal import ArgumentParser
internal import PDRouter
internal import Vocabulary

/// The flags of how long things may take and how often they are tried, with the baseline's names
/// and defaults.
struct RetryOptions: ParsableArguments {
  @Option(help: "Time for a whole request, in seconds.")
  var requestTimeoutSecs = 1800

  /// Writes what the flags say into `configuration`.
  func apply(to configuration: inout RouterConfiguration) {
    configuration.timeouts.request = .seconds(requestTimeoutSecs)
  }
}
