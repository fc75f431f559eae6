public import ArgumentParser
public import KVTransfer
internal import Logging
internal import PDRouter
public import Policies
internal import Vocabulary

/// The router's flags, with the baseline's names and defaults.
struct RouterOptions: ParsableArguments {
  @OptionGroup(title: "Policies") var policies: PolicyOptions

  @Option(help: "Address to listen on.")
  var host = "127.0.0.1"

  @Option(help: "Port to listen on.")
  var port: UInt16 = 30000

  @Option(parsing: .upToNextOption, help: "Workers of a single pool: http://host:port …")
  var workerUrls: [String] = []

  @Flag(help: "Split requests over prefill and decode workers.")
  var vllmPdDisaggregation = false

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "A prefill worker and, for connectors that have one, its bootstrap port; repeatable.",
      valueName: "url [port]"))
  var prefill: [String] = []

  @Option(
    parsing: .singleValue, help: ArgumentHelp("A decode worker; repeatable.", valueName: "url"))
  var decode: [String] = []

  @Option(
    help: ArgumentHelp(
      "Data-parallel ranks of each engine; each rank is a worker of its own.",
      discussion: "With --vllm-pd-disaggregation only of engines that do not say it themselves."))
  var intraNodeDataParallelSize = 1

  @Option(help: "How it is decided which requests are split; off splits all.")
  var pdDecider: DeciderName?

  @Option(help: "Tokens that decode would have to compute for a request to be split.")
  var pdMinPrefillTokens: Int?

  @Option(help: "How engines move KV caches.")
  var kvConnector = KVConnectorName.nixl

  @Option(
    help: ArgumentHelp(
      "How long a prefill engine keeps KV that nobody fetched, in seconds.",
      discussion: "Default: 30 for nixl, 480 for mooncake, 60 for moriio, 300 for sglang."))
  var kvLeaseSecs: Int?

  @Option(help: "Mode of the engines' MoRI-IO connector.")
  var moriioTransferMode = MoRIIOTransferMode.read

  @Flag(help: "Do not give decode the token ids that prefill made of a chat.")
  var noPdPromptTokenIds = false

  @Flag(
    help: "Ask decode while prefill computes, where engines allow either (nixl push, mooncake).")
  var kvLegsTogether = false

  @Flag(help: "Give unused KV back by a served and dropped request, for engines before vLLM 41269.")
  var pdReleaseByDrop = false

  @Flag(help: "Send prefill hints in the body's vllm_xargs too, not only as headers.")
  var pdHintsInBody = false

  @Flag(help: "Make engines that never met do so by a request of one token, before a client waits.")
  var pdPrewarm = false

  @Option(help: "Address of the Prometheus port.")
  var prometheusHost = "127.0.0.1"

  @Option(help: "Port of the Prometheus metrics.")
  var prometheusPort: UInt16 = 29000

  @Option(help: "Which log lines are written; info has one per request.")
  var logLevel = LogLevel.info

  @Option(help: "Time for a whole request, in seconds.")
  var requestTimeoutSecs = 1800

  @Option(help: "Largest request body, in bytes.")
  var maxPayloadSize = 536_870_912

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

  @Option(help: "Event loops, each a thread.")
  var loops = 1

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

  /// The baseline's names of MoRI-IO's modes.
  enum MoRIIOTransferMode: String, CaseIterable, ExpressibleByArgument {
    case read = "READ"
    case write = "WRITE"
  }

  /// The configuration that the flags say.
  func routerConfiguration() throws -> RouterConfiguration {
    var configuration = RouterConfiguration()
    configuration.listen = HostAndPort(host: host, port: port)
    configuration.metrics = HostAndPort(host: prometheusHost, port: prometheusPort)
    configuration.isDisaggregated = vllmPdDisaggregation
    configuration.workers =
      workerUrls.map { .init(url: $0, role: .both) }
      + (try prefillEntries()) + decode.map { .init(url: $0, role: .decode) }
    try policies.apply(to: &configuration)
    configuration.dataParallelSize = intraNodeDataParallelSize
    configuration.decider = pdDecider
    configuration.minimumPrefillTokens = pdMinPrefillTokens.map { TokenCount($0) }
    configuration.connector = kvConnector
    configuration.connectorOptions.moriioWrites = moriioTransferMode == .write
    configuration.connectorOptions.sharesPromptTokens = !noPdPromptTokenIds
    configuration.connectorOptions.legsLeaveTogether = kvLegsTogether
    configuration.releasesByDrop = pdReleaseByDrop
    configuration.lease = kvLeaseSecs.map { .seconds($0) }
    configuration.hintsInBody = pdHintsInBody
    configuration.prewarmsPairs = pdPrewarm
    configuration.loops = loops
    configuration.limits.requestBodyBytes = maxPayloadSize
    configuration.timeouts.request = .seconds(requestTimeoutSecs)
    configuration.health.path = healthCheckEndpoint
    configuration.health.interval = .seconds(healthCheckIntervalSecs)
    configuration.health.timeout = .seconds(healthCheckTimeoutSecs)
    configuration.health.failureThreshold = healthFailureThreshold
    configuration.health.successThreshold = healthSuccessThreshold
    configuration.logsRequests = logLevel.loggerLevel <= .info
    return configuration
  }

  /// `--prefill URL [PORT|none]`, any number of times: a port belongs to the URL before it.
  private func prefillEntries() throws -> [RouterConfiguration.WorkerEntry] {
    var entries: [RouterConfiguration.WorkerEntry] = []
    for text in prefill {
      guard !text.contains("://") else {
        entries.append(.init(url: text, role: .prefill))
        continue
      }
      guard !entries.isEmpty else {
        throw ValidationError("--prefill needs a worker URL before '\(text)'.")
      }
      if text.lowercased() == "none" { continue }
      guard let port = UInt16(text), port > 0 else {
        throw ValidationError("Invalid bootstrap port: \(text). Must be a number or 'none'")
      }
      entries[entries.count - 1].bootstrapPort = port
    }
    return entries
  }
}

extension DeciderName: ExpressibleByArgument {}
extension KVConnectorName: ExpressibleByArgument {}
