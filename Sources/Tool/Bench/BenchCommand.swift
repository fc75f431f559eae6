internal import ArgumentParser
internal import Bench
internal import Glibc
internal import PDRouter
internal import Vocabulary

/// `vllm-router bench`: puts load on a server that speaks OpenAI's API, and says what came of it.
///
/// Exit codes: 0 measured, 1 nothing succeeded or the server was not ready, 2 the command line is
/// wrong, 130 interrupted (what was measured till then is reported).
struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measures any OpenAI-style server: this router, an engine, another router.",
    discussion: """
      Flags, figures and result files are those of vllm bench serve, as far as they are here.
        vllm-router bench --base-url http://127.0.0.1:30000 --max-concurrency 64
        vllm-router bench --base-url http://127.0.0.1:30000 --request-rate 20
        vllm-router bench --dataset-name mooncake --dataset-path t.jsonl --speed 10
      """)

  @OptionGroup(title: "Server and requests") var server: BenchServerOptions
  @OptionGroup(title: "Load") var load: BenchLoadOptions
  @OptionGroup(title: "Prompts and answers") var data: BenchDataOptions
  @OptionGroup(title: "Report") var report: BenchReportOptions

  func validate() throws {
    guard
      load.numPrompts != nil || load.duration == nil || load.maxConcurrency != nil
        || load.requestRate.isFinite || data.datasetName.isTrace
    else {
      throw ValidationError(
        "--duration needs --max-concurrency, --request-rate or --num-prompts: without, requests "
          + "without end would be sent at once")
    }
  }

  func run() throws {
    let terminal = BenchTerminal(isShown: !report.disableTqdm)
    let plan = try plan(terminal)
    try BenchFiles.checkDescriptors(for: load.maxConcurrency)
    if report.saveResult { try BenchFiles.prepare(path(named: report.resultFilename ?? "result")) }
    if let picture = report.plot { try BenchFiles.prepare(picture) }
    let run = BenchRun(plan) { terminal.show($0) }
    run.whenNotReady = { why in
      writeLine("\(plan.peer) is not ready (\(why)); it is asked again.", to: STDERR_FILENO)
    }
    let outcome = run.run()
    terminal.end()
    if case .notReady(let why) = outcome.ending {
      throw BenchFault("\(plan.peer) is not ready: \(why)")
    }
    try tell(outcome, plan, model: run.model)
    if case .interrupted = outcome.ending { Glibc.exit(130) }
    if !outcome.records.contains(where: \.isSuccess) { Glibc.exit(1) }
  }

  private func plan(_ terminal: BenchTerminal) throws -> BenchPlan {
    let source = try data.source()
    let count = load.numPrompts ?? defaultCount
    let workload = Workload(source, count: count, seed: load.seed)
    var plan = BenchPlan(peer: try server.place().url.peer, workload: workload)
    plan.shape = try server.shape()
    plan.offsets = offsets(source, workload.count)
    plan.countsFrom = load.latencyFrom
    plan.maxConcurrency = load.maxConcurrency
    plan.duration = load.duration.map { .seconds($0) }
    plan.requestTimeout = .seconds(load.requestTimeoutSecs)
    plan.readyTimeout = load.readyCheck ? .seconds(load.readyCheckTimeoutSec) : nil
    plan.warmUps = load.numWarmups
    plan.keepsDetails = report.saveDetailed
    plan.security = try server.security()
    plan.progressInterval = terminal.interval
    return plan
  }

  /// Requests where --num-prompts does not say.
  private var defaultCount: Int {
    if data.datasetName.isTrace { return .max }
    guard let duration = load.duration else { return 1000 }
    guard load.requestRate.isFinite else { return .max }
    let count = (duration * load.requestRate).rounded(.up)
    return max(1, Int(min(count, Double(BenchLoadOptions.mostRequests))))
  }

  /// When requests are due; nil for a closed loop.
  private func offsets(_ source: WorkloadSource, _ count: Int) -> [Duration]? {
    if load.requestRate.isFinite {
      let process = ArrivalProcess.rate(
        perSecond: load.requestRate, burstiness: load.burstiness)
      var generator = SplitMix64(seed: load.seed)
      return process.offsets(count: count, using: &generator)
    }
    guard case .trace(let requests, _) = source, data.selfTimed else { return nil }
    return ArrivalProcess.offsets(of: Array(requests.prefix(count)), speed: data.speed)
  }

  // MARK: - What came of it

  private func tell(_ outcome: BenchOutcome, _ plan: BenchPlan, model: String) throws {
    let metrics = try report.metrics(streams: server.stream)
    let figures = BenchFigures(
      outcome, countsFrom: load.latencyFrom, percentiles: try report.percentiles(),
      goodput: try report.goals())
    for line in outcome.failures.lines { writeLine(line, to: STDERR_FILENO) }
    let table = SummaryTable.lines(
      figures,
      SummaryTable.Request(
        maxConcurrency: load.maxConcurrency,
        rate: load.requestRate.isFinite ? load.requestRate : nil, metrics: metrics))
    writeLine(table.joined(separator: "\n"), to: STDOUT_FILENO)
    if report.saveResult {
      try save(outcome, figures, plan, model: model, metrics)
    }
    if let path = report.plot {
      var plot = TimelinePlot(outcome, title: "\(model) at \(server.baseUrl ?? "\(plan.peer)")")
      try BenchFiles.write(Array(plot.draw().utf8), to: path)
    }
  }

  private func save(
    _ outcome: BenchOutcome, _ figures: BenchFigures, _ plan: BenchPlan, model: String,
    _ metrics: [LatencyMetric]
  ) throws {
    var document = ResultDocument()
    document.date = BenchFiles.date()
    document.backend = plan.shape.endpoint == .chat ? "openai-chat" : server.backend ?? "openai"
    document.label = report.label
    document.model = model
    document.promptCount = plan.count == .max ? outcome.records.count : plan.count
    document.metadata = try report.ownMembers()
    document.rate = load.requestRate
    document.burstiness = load.burstiness
    document.maxConcurrency = load.maxConcurrency
    document.countsFrom = load.latencyFrom
    document.metrics = metrics
    document.isDetailed = report.saveDetailed
    let text = document.bytes(figures, outcome)
    let path = path(of: document)
    try BenchFiles.write(Array(text.bytes) + [UInt8(ascii: "\n")], to: path)
    writeLine("Result: \(path)", to: STDERR_FILENO)
  }

  /// As `vllm bench serve` names its files.
  private func path(of document: ResultDocument) -> String {
    let rate = load.requestRate.isFinite ? "\(load.requestRate)" : "inf"
    let concurrency = load.maxConcurrency.map { "-concurrency\($0)" } ?? ""
    let model = document.model.split(separator: "/").last ?? "model"
    let label = document.label ?? document.backend
    let name =
      report.resultFilename ?? "\(label)-\(rate)qps\(concurrency)-\(model)-\(document.date).json"
    return path(named: name)
  }

  private func path(named name: String) -> String {
    guard let folder = report.resultDir, !folder.isEmpty else { return name }
    return folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
  }
}
