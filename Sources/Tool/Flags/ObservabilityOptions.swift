internal import ArgumentParser
internal import Logging
internal import PDRouter
internal import Vocabulary

/// The flags of logs and metrics, with the baseline's names and defaults.
struct ObservabilityOptions: ParsableArguments {
  @Option(help: "Address of the Prometheus port.")
  var prometheusHost = "127.0.0.1"

  @Option(help: "Port of the Prometheus metrics.")
  var prometheusPort: UInt16 = 29000

  @Option(help: "Which log lines are written; info has one per request.")
  var logLevel = LogLevel.info

  /// The names of the baseline's levels.
  enum LogLevel: String, CaseIterable, ExpressibleByArgument {
    case debug, info, warning, error, critical

    var loggerLevel: Logger.Level {
      switch self {
      case .debug: .debug
      case .info: .info
      case .warning: .warning
      case .error: .error
      case .critical: .critical
      }
    }
  }

  /// Writes what the flags say into `configuration`.
  func apply(to configuration: inout RouterConfiguration) {
    configuration.metrics = HostAndPort(host: prometheusHost, port: prometheusPort)
    configuration.logsRequests = logLevel.loggerLevel <= .info
  }
}
