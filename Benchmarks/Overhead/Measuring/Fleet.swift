internal import Vocabulary

/// Everything one case needs to run: backends, our router before them, and the peers' places.
///
/// Owns the processes it started; `stop` ends them.
final class Fleet {
  /// Who is measured; the direct path is the first.
  private(set) var targets: [Target] = []
  /// The commands of what was started, for the report.
  private(set) var note: [String] = []

  private var children: [ChildProcess] = []
  private let name: BenchmarkCase
  private let options: MeasureOptions
  private let router: String
  private let benchmark: String

  /// Starts what `name` needs.
  init(for name: BenchmarkCase, options: MeasureOptions) throws(BenchmarkError) {
    self.name = name
    self.options = options
    let own = CommandLine.arguments[0]
    let program = own.contains("/") ? own : ".build/release/" + own
    let folder = program.lastIndex(of: "/").map { String(program[...$0]) } ?? ""
    benchmark = program
    router = options.router ?? folder + "vllm-router"
    let urls = try backendURLs()
    for (name, url) in urls.direct {
      guard let address = Target.address(url) else { continue }
      targets.append(Target(name: name, address: address, process: nil))
    }
    if !options.withoutRouter { try startRouter(urls.arguments) }
    let peers = name.isDisaggregated ? options.pdPeer : options.peer
    targets += peers.compactMap { Target(peer: $0) }
  }

  /// Ends what was started.
  func stop() {
    for child in children { child.stop() }
    children.removeAll()
  }

  /// The backends as arguments of a router, and those that are asked directly, by name.
  private func backendURLs() throws(BenchmarkError) -> (
    direct: [(name: String, url: String)], arguments: [String]
  ) {
    guard name.isDisaggregated else {
      let urls = options.backend.isEmpty ? try startEngines("both") : options.backend
      return ([(Target.direct, urls[0])], ["--worker-urls"] + urls)
    }
    let isGiven = !options.prefill.isEmpty
    let prefill = isGiven ? options.prefill : try startEngines("prefill")
    let decode = isGiven ? options.decode : try startEngines("decode")
    var arguments = ["--vllm-pd-disaggregation"]
    for url in prefill { arguments += ["--prefill", url] }
    for url in decode { arguments += ["--decode", url] }
    guard name == .firstToken else { return ([(Target.direct, decode[0])], arguments) }
    return ([(Target.prefill, prefill[0]), (Target.decode, decode[0])], arguments)
  }

  private func startRouter(_ workers: [String]) throws(BenchmarkError) {
    let port = try FreePort.take()
    let metricsPort = try FreePort.take()
    let settings = [
      router, "route", "--port", "\(port)", "--prometheus-port", "\(metricsPort)",
      "--policy", "round_robin", "--log-level", "error",
    ]
    let child = try start(
      settings + workers + options.routerArgument, core: options.routerCore, isRead: false)
    try FreePort.awaitListener(on: port)
    targets.append(
      Target(
        name: "ours", address: HostAndPort(host: "127.0.0.1", port: port), process: child.id))
  }

  private func startEngines(_ role: String) throws(BenchmarkError) -> [String] {
    switch options.engines {
    case .canned:
      let child = try start(
        [
          benchmark, "backend", "--ports", "\(options.engineCount)",
          "--answer-bytes", "\(options.answerBytes)",
        ], core: options.loadCore, isRead: true)
      return try (0..<options.engineCount).map { _ throws(BenchmarkError) in try address(child) }
    case .simulated:
      return try (0..<options.engineCount).map { _ throws(BenchmarkError) in
        let command = [router, "engine", "--role", role] + costs
        return try address(start(command, core: options.loadCore, isRead: true))
      }
    }
  }

  /// What a simulated engine's steps cost: nothing for whole answers, the events' interval else.
  private var costs: [String] {
    let step =
      switch name {
      case .whole, .disaggregated, .latency, .firstToken: "0"
      case .streams: "\(options.eventMs)"
      case .openStreams: "1000"
      }
    return [
      "--prefill-tokens-per-second", "1e9", "--decode-step-ms", step,
      "--decode-step-per-request-ms", "0", "--max-running", "65536",
      "--chunk-tokens", "1000000", "--kv-tokens", "16777216",
    ]
  }

  private func start(
    _ arguments: [String], core: Int?, isRead: Bool
  ) throws(BenchmarkError) -> ChildProcess {
    let child = try ChildProcess(arguments, core: core, isRead: isRead)
    children.append(child)
    note.append(arguments.joined(separator: " "))
    return child
  }

  private func address(_ child: ChildProcess) throws(BenchmarkError) -> String {
    guard let line = child.readLine(), let place = line.lastIndex(of: " ") else {
      throw .noAddress(benchmark)
    }
    return String(line[line.index(after: place)...])
  }
}
