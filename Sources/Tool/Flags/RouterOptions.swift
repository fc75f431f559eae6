internal import ArgumentParser
internal import PDRouter
internal import Vocabulary

/// The router's flags, with the baseline's names and defaults.
struct RouterOptions: ParsableArguments {
  @OptionGroup(title: "Prefill and decode") var disaggregation: DisaggregationOptions
  @OptionGroup(title: "Policies") var policies: PolicyOptions
  @OptionGroup(title: "Admission") var admission: AdmissionOptions
  @OptionGroup(title: "Health") var health: HealthOptions
  @OptionGroup(title: "Time-outs and retries") var retries: RetryOptions
  @OptionGroup(title: "Workers' connections") var workerProtocol: WorkerProtocolOptions
  @OptionGroup(title: "Clients") var clients: ClientOptions
  @OptionGroup(title: "TLS") var tls: TLSOptions
  @OptionGroup(title: "Logs and metrics") var observability: ObservabilityOptions

  @Option(
    help: ArgumentHelp(
      "A YAML file of these options, by the same names; what the command line says wins.",
      valueName: "file"))
  var config: String?

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

  @Option(
    help: ArgumentHelp(
      "Seconds until the first healthy worker (of each role); then the program ends.",
      discussion: "POST /add_worker waits as long."))
  var workerStartupTimeoutSecs = 600

  @Option(help: "Seconds between log lines that say which workers are still waited for.")
  var workerStartupCheckInterval = 30

  @Flag(help: "Accepted for compatibility: workers may always serve different models.")
  var enableIgw = false

  @Flag(help: "Leave a model that no engine lists to any engine, instead of answering 404.")
  var passUnknownModels = false

  @Option(help: "Event loops, each a thread.")
  var loops = 1

  @Option(
    name: [.customLong("backend"), .customLong("runtime")],
    help: "What the workers run; there is only vllm.")
  var backend = "vllm"

  /// The configuration that the flags say.
  func routerConfiguration() -> RouterConfiguration {
    var configuration = RouterConfiguration()
    configuration.listen = HostAndPort(host: host, port: port)
    configuration.isDisaggregated = vllmPdDisaggregation
    configuration.workers =
      ListArguments.given(workerUrls).map { .init(url: $0, role: .both) }
      + prefillEntries(&configuration.statedFaults)
      + decode.map { .init(url: $0, role: .decode) }
    if backend != "vllm" {
      configuration.statedFaults.append("--backend '\(backend)' is refused: there is only vllm")
    }
    configuration.dataParallelSize = intraNodeDataParallelSize
    configuration.loops = loops
    configuration.startup.timeout = .seconds(workerStartupTimeoutSecs)
    configuration.startup.checkInterval = .seconds(workerStartupCheckInterval)
    configuration.passesUnknownModels = passUnknownModels
    disaggregation.apply(to: &configuration)
    policies.apply(to: &configuration)
    admission.apply(to: &configuration)
    health.apply(to: &configuration)
    retries.apply(to: &configuration)
    workerProtocol.apply(to: &configuration)
    clients.apply(to: &configuration)
    tls.apply(to: &configuration)
    observability.apply(to: &configuration)
    return configuration
  }

  /// `--prefill URL [PORT|none]`, any number of times: a port belongs to the URL before it.
  private func prefillEntries(
    _ faults: inout [String]
  ) -> [RouterConfiguration.WorkerEntry] {
    var entries: [RouterConfiguration.WorkerEntry] = []
    for text in prefill {
      guard !text.contains("://") else {
        entries.append(.init(url: text, role: .prefill))
        continue
      }
      guard !entries.isEmpty else {
        faults.append("--prefill needs a worker URL before '\(text)'")
        continue
      }
      if text.lowercased() == "none" { continue }
      guard let port = UInt16(text), port > 0 else {
        faults.append("Invalid bootstrap port: \(text). Must be a number or 'none'")
        continue
      }
      entries[entries.count - 1].bootstrapPort = port
    }
    return entries
  }
}
