/// One case over its targets, by turns: each round gives every target one turn, each time another
/// one the first, so that a slow moment of the machine strikes all alike.
struct Measurement {
  private let name: BenchmarkCase
  private let targets: [Target]
  private let options: MeasureOptions

  /// A measurement of `targets`, the direct path first.
  init(of name: BenchmarkCase, over targets: [Target], options: MeasureOptions) {
    precondition(!targets.isEmpty, "there is always the direct path")
    self.name = name
    self.targets = targets
    self.options = options
  }

  /// Measures; takes rounds × targets × seconds.
  func run() -> SeriesTable {
    var table = SeriesTable()
    for round in 0..<rounds {
      for turn in targets.indices {
        let target = targets[(turn + round) % targets.count]
        StandardOutput.write(
          "\(name.rawValue): round \(round + 1) of \(rounds), \(target.name)\n", to: 2)
        if name == .openStreams {
          noteOpenStreams(target, &table)
        } else {
          note(target, LoadRun.result(of: plan(target)), &table)
        }
      }
    }
    if isPaced { addDifferences(&table) }
    return table
  }

  /// Open streams take their own time, and memory is not the clock's matter: one round will do.
  private var rounds: Int { name == .openStreams ? 1 : options.rounds }

  /// Whether requests come at a fixed rate.
  private var isPaced: Bool { name == .latency || name == .firstToken }

  private func plan(_ target: Target) -> LoadPlan {
    var plan = LoadPlan(
      address: target.address, process: target.process,
      request: LoadRequest.chat(bodyBytes: options.bodyBytes), connections: options.connections,
      rate: nil, warmUp: .seconds(options.warmUp), time: .seconds(options.seconds))
    switch name {
    case .whole, .disaggregated: break
    case .latency: plan.rate = options.rate
    case .firstToken:
      plan.rate = options.rate
      // Prefill by itself gives a whole answer.
      guard target.name != Target.prefill else { break }
      plan.isTimedToFirstEvent = true
      plan.request = LoadRequest.chat(
        bodyBytes: options.bodyBytes, stream: (events: 4, milliseconds: 0))
    case .streams:
      plan.connections = options.streams
      plan.request = LoadRequest.chat(
        bodyBytes: options.bodyBytes, stream: (events: 64, milliseconds: options.eventMs))
    case .openStreams:
      plan.connections = options.openStreams
      plan.request = LoadRequest.chat(
        bodyBytes: options.bodyBytes,
        stream: (events: options.openStreamEvents, milliseconds: 1000))
      plan.time = .seconds(options.openStreamEvents * 3 + 60)
    }
    return plan
  }

  private func note(_ target: Target, _ result: LoadResult, _ table: inout SeriesTable) {
    if name == .streams {
      table.note(target.name, "CPU µs/event", result.cpuMicroseconds(per: result.events))
      table.note(target.name, "events/s", result.rate(result.events))
    } else {
      table.note(target.name, "CPU µs/request", result.cpuMicroseconds(per: result.completed))
      table.note(target.name, "requests/s", result.rate(result.completed))
      table.note(target.name, "p50 µs", result.latencies.microseconds(atShare: 0.5))
      table.note(target.name, "p99 µs", result.latencies.microseconds(atShare: 0.99))
    }
    table.note(target.name, "RSS KB grown by", result.growth.map { Double($0) / 1000 })
    if isPaced { table.note(target.name, "sent late", Double(result.late)) }
    table.note(target.name, "failed", Double(result.failed))
  }

  private func noteOpenStreams(_ target: Target, _ table: inout SeriesTable) {
    let result = OpenStreamsRun.result(of: plan(target), eventsWanted: eventsWanted)
    table.note(target.name, "completed", Double(result.completed))
    table.note(target.name, "failed", Double(result.failed))
    table.note(target.name, "open at once", Double(result.peak))
    if let before = result.before, let open = result.whileOpen, let after = result.after {
      noteMemory(target, before: before, open: open, after: after, &table)
    }
    let cpu = result.cpuNanoseconds.map { Double($0) / 1000 / Double(max(1, result.events)) }
    table.note(target.name, "CPU µs/event", cpu)
  }

  private func noteMemory(
    _ target: Target, before: MemoryFigures, open: MemoryFigures, after: MemoryFigures,
    _ table: inout SeriesTable
  ) {
    let streams = Double(options.openStreams)
    func note(_ metric: String, _ value: Double) { table.note(target.name, metric, value) }
    note("RSS MB before", Double(before.resident) / 1e6)
    note("RSS MB all open", Double(open.resident) / 1e6)
    note("RSS MB peak", Double(after.peak) / 1e6)
    note("PSS MB all open", Double(open.proportional) / 1e6)
    note("RSS KB/stream all open", Double(open.resident - before.resident) / 1000 / streams)
    note("RSS KB/stream peak", Double(after.peak - before.resident) / 1000 / streams)
  }

  /// Simulated engines send one event more, with the role and no token.
  private var eventsWanted: Int {
    options.openStreamEvents + (options.engines == .simulated ? 1 : 0)
  }

  /// What each target adds to the direct path of the same round: to the engine's own time, or to
  /// that of both.
  private func addDifferences(_ table: inout SeriesTable) {
    let direct = targets.filter { $0.process == nil }
    for target in targets where target.process != nil {
      for metric in ["p50 µs", "p99 µs"] {
        for (round, value) in table.values(target.name, metric).enumerated() {
          let engines = direct.reduce(0) { $0 + table.values($1.name, metric)[round] }
          table.note(target.name, "added " + metric, value - engines)
        }
      }
    }
  }
}
