internal import ArgumentParser
internal import Glibc
internal import LogLines
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

  @Option(help: "How log lines are written: text, or json, one object a line.")
  var logFormat = LineFormat.text

  @Option(help: "Directory of log files besides standard output, one a day (UTC).")
  var logDir: String?

  @Flag(
    inversion: .prefixedNo,
    help: "Whether each request leaves a line; as --log-level says unless given.")
  var accessLog: Bool?

  @Flag(help: "Tell clients in a field x-pd-route which workers served them, why and how fast.")
  var routeReceipt = false

  /// The environment variable that asks for stage times in answers; the baseline's.
  static let stagesVariable = "VLLM_ROUTER_STAGES"

  /// The log's formats by their names.
  enum LineFormat: String, CaseIterable, ExpressibleByArgument {
    case text, json

    var logFormat: LogFormat { self == .json ? .json : .text }
  }

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
    configuration.logsRequests = accessLog ?? (logLevel.loggerLevel <= .info)
    configuration.observability.givesRouteReceipt = routeReceipt
    let stages = getenv(ObservabilityOptions.stagesVariable).map { String(cString: $0) }
    configuration.observability.reportsStages = ["1", "true", "yes"].contains(stages?.lowercased())
  }

  /// Opens the log.
  ///
  /// - Throws: `LogFile.Fault` when `--log-dir` cannot be written.
  func startLog() throws(LogFile.Fault) -> LogSink {
    var destinations: [any LogDestination] = [LogDescriptor.standardOutput]
    if let logDir { destinations.append(try LogFile(directory: logDir, at: .now)) }
    return LogSink.start(logFormat.logFormat, to: destinations)
  }
}
