internal import KVTransfer
internal import Policies
internal import Vocabulary

/// Writes the metrics of all loops as Prometheus or OpenMetrics text.
///
/// Runs on the first loop, so it must not take long: series go straight into one buffer. Their
/// number is bounded: routes, codes and reasons are sets of ours, workers are those registered.
struct MetricsText: ~Copyable {
  var text: ByteBuffer
  let loops: [LoopMetrics]
  let workers: [Worker]
  let now: Instant
  /// What is remembered of prompts, if anything is.
  let prefixes: PrefixIndex?
  /// Through which requests are let in, if it is there to be asked.
  let gate: AdmissionGate?
  /// Who chooses prefill workers and those that serve.
  let policies: (prefill: PolicyName, serving: PolicyName)?
  let program: ProgramFigures?
  let format: MetricsFormat

  /// A writer of the sums of `loops` and the state of `workers` at the moment `now`.
  init(
    loops: [LoopMetrics], workers: [Worker], now: Instant, prefixes: PrefixIndex? = nil,
    policies: (prefill: PolicyName, serving: PolicyName)? = nil, program: ProgramFigures? = nil,
    gate: AdmissionGate? = nil, format: MetricsFormat = .prometheus
  ) {
    text = ByteBuffer(capacity: 32 * 1024 + 4096 * workers.count)
    self.policies = policies
    self.program = program
    self.format = format
    self.gate = gate
    self.prefixes = prefixes
    self.loops = loops
    self.workers = workers
    self.now = now
  }

  /// Everything, in the order of `MetricName`.
  consuming func write() -> ByteBuffer {
    for name in MetricName.allCases {
      head(name)
      write(name)
    }
    if format == .openMetrics { text.append("# EOF\n") }
    return text
  }

  /// Meaning and type, once for each name; OpenMetrics calls a family of counters by their name
  /// without `_total`.
  private mutating func head(_ name: MetricName) {
    let total = "_total"
    let isShort = format == .openMetrics && name.rawValue.hasSuffix(total)
    let family = isShort ? String(name.rawValue.dropLast(total.count)) : name.rawValue
    for (word, value) in [("# HELP ", name.help), ("# TYPE ", name.type)] {
      text.append(word)
      text.append(family)
      text.append(UInt8(ascii: " "))
      text.append(value)
      text.append(UInt8(ascii: "\n"))
    }
  }

  private mutating func write(_ name: MetricName) {
    switch name {
    case .requests: routes(name) { $0.requests }
    case .splitRequests: routes(name) { $0.splitRequests }
    case .requestDuration: histograms(name) { $0.durations }
    case .splitDuration: histograms(name) { $0.splitDurations }
    case .timeToFirstToken: histogram(name) { $0.firstTokens }
    case .requestErrors: errors(name)
    case .retries: routes(name) { $0.retries }
    case .retriesExhausted: routes(name) { $0.retriesExhausted }
    case .retryBackoff: backoffs(name)
    case .waitingForWorker: single(name, .waitingForWorker)
    case .retriesRefused: single(name, .retriesRefused)
    case .refusedRequests: single(name, .refusedRequests)
    case .requestsInFlight, .maxConcurrentRequests, .queueDepth, .queueRefused,
      .refusedConnections:
      admission(name)
    case .queueWait: histogram(name) { $0.queueWaits }
    case .activeWorkers: line(name, "", workers.count(where: \.isHealthy))
    case .workerHealth: each(name, of: workers) { $0.isHealthy ? 1 : 0 }
    case .breakerState, .breakerChanges, .breakerOutcomes: breaker(name)
    case .panicChoices: single(name, .panicChoices)
    case .runningRequests: each(name, of: workers) { $0.requestsInFlight }
    case .workerLoad:
      let now = now
      each(name, of: workers) {
        $0.requestsInFlight + ($0.loadReport?.load(at: now)?.foreignRequests ?? 0)
      }
    case .workerKVUsage: usages(name)
    case .processedRequests:
      each(name, of: workers) { $0.processedRequests }
    case .workerFailures: each(name, of: workers) { $0.failedRequests }
    case .ways: ways(name)
    case .prefillRequests:
      each(name, of: workers.filter { $0.role == .prefill }) {
        $0.processedRequests
      }
    case .decodeRequests:
      each(name, of: workers.filter { $0.role == .decode }) {
        $0.processedRequests
      }
    case .prefixDecisions, .prefixPredictionError, .treeSize, .prefixIndexBytes,
      .prefixIndexEvictions:
      prefix(name)
    case .shadowDecisions, .shadowDifferences, .shadowLoadDifference, .shadowCachedDifference:
      shadow(name)
    case .handlesBegun: line(name, "", handles(.begun))
    case .handlesLive: line(name, "", handles(.live))
    case .handleAge: histogram(name) { $0.handleAges }
    case .handlesByStage:
      for stage in KVHandleStage.allCases where stage != .ended {
        let sum = loops.reduce(0) { $0 + $1.handleStages.value(at: Int(stage.rawValue)) }
        line(name, "state=\"\(stage.name)\"", sum)
      }
    case .handlesReleased:
      for mechanism in KVReleaseMechanism.allCases {
        let sum = loops.reduce(0) { $0 + $1.releases.value(at: Int(mechanism.rawValue)) }
        line(name, "mechanism=\"\(mechanism.name)\"", sum)
      }
    case .handlesEnded:
      for figure in [
        LoopMetrics.HandleFigure.consumed, .released, .expired, .spent, .empty, .abandoned,
      ] {
        line(name, "outcome=\"\(figure)\"", handles(figure))
      }
    default: writeFurther(name)
    }
  }

  private func handles(_ figure: LoopMetrics.HandleFigure) -> Int {
    loops.reduce(0) { $0 + $1.handles.value(at: figure.rawValue) }
  }

  mutating func single(_ name: MetricName, _ single: LoopMetrics.Single) {
    line(name, "", loops.reduce(0) { $0 + $1.singles.value(at: single.rawValue) })
  }

  mutating func routes(_ name: MetricName, _ counters: (LoopMetrics) -> AtomicCounters) {
    for endpoint in Endpoint.allCases {
      let sum = loops.reduce(0) { $0 + counters($1).value(at: Int(endpoint.rawValue)) }
      if sum > 0 { line(name, "route=\"\(endpoint.label)\"", sum) }
    }
  }

  private mutating func errors(_ name: MetricName) {
    for endpoint in Endpoint.allCases {
      for (place, code) in LoopMetrics.errorCodes.enumerated() {
        let index = Int(endpoint.rawValue) * LoopMetrics.errorCodes.count + place
        let sum = loops.reduce(0) { $0 + $1.errors.value(at: index) }
        guard sum > 0 else { continue }
        line(name, "route=\"\(endpoint.label)\",error_type=\"\(code)\"", sum)
      }
    }
  }

  /// The pauses before each attempt that was ever paused for.
  private mutating func backoffs(_ name: MetricName) {
    for place in 0..<LoopMetrics.backoffAttempts {
      let parts = loops.map { $0.backoffs[place] }
      guard parts.contains(where: { $0.count > 0 }) else { continue }
      histogram(name, "attempt=\"\(place + 1)\"", parts)
    }
  }

  private mutating func ways(_ name: MetricName) {
    for place in 0..<2 * WayReason.count {
      let sum = loops.reduce(0) { $0 + $1.ways.value(at: place) }
      guard sum > 0 else { continue }
      let way = place < WayReason.count ? "split" : "whole"
      let reason = WayReason(place: place % WayReason.count).name
      line(name, "way=\"\(way)\",reason=\"\(reason)\"", sum)
    }
  }

  mutating func each(
    _ name: MetricName, of workers: [Worker], _ value: (Worker) -> Int
  ) {
    for worker in workers { line(name, worker.metricLabel, value(worker)) }
  }

  /// Workers that said nothing lately have no series.
  private mutating func usages(_ name: MetricName) {
    for worker in workers {
      guard let load = worker.loadReport?.load(at: now) else { continue }
      line(name, worker.metricLabel, load.kvUsage)
    }
  }

  /// A label's value with the three characters escaped that the format reserves.
  static func escaped(_ value: String) -> String {
    guard value.utf8.contains(where: { $0 == 0x22 || $0 == 0x5C || $0 == 0x0A }) else {
      return value
    }
    var text = ""
    for character in value.unicodeScalars {
      switch character {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      default: text.unicodeScalars.append(character)
      }
    }
    return text
  }

  /// One histogram of all loops.
  mutating func histogram(_ name: MetricName, _ histogram: (LoopMetrics) -> LatencyHistogram) {
    self.histogram(name, "", loops.map(histogram))
  }

  /// One histogram: the sum of `parts`, which have the same buckets.
  mutating func histogram(_ name: MetricName, _ labels: String, _ parts: [LatencyHistogram]) {
    guard let bounds = parts.first?.bounds.seconds else { return }
    let separator = labels.isEmpty ? "" : ","
    var total = 0
    for place in 0...bounds.count {
      total += parts.reduce(0) { $0 + $1.count(inBucket: place) }
      let bound = place < bounds.count ? "\(bounds[place])" : "+Inf"
      line(name, "\(labels)\(separator)le=\"\(bound)\"", total, suffix: "_bucket")
    }
    line(name, labels, parts.reduce(0.0) { $0 + $1.sum }, suffix: "_sum")
    line(name, labels, total, suffix: "_count")
  }

  /// A histogram for each route that has occurred.
  private mutating func histograms(
    _ name: MetricName, _ histograms: (LoopMetrics) -> LatencyHistogramRow
  ) {
    for endpoint in Endpoint.allCases {
      let parts = loops.map { histograms($0)[Int(endpoint.rawValue)] }
      guard parts.contains(where: { $0.count > 0 }) else { continue }
      histogram(name, "route=\"\(endpoint.label)\"", parts)
    }
  }

  /// One series.
  mutating func line(_ name: MetricName, _ labels: String, _ value: some CustomStringConvertible) {
    line(name, labels, value, suffix: "")
  }

  /// One series of a whole number: no text is made of it first.
  mutating func line(_ name: MetricName, _ labels: String, _ value: Int) {
    line(name, labels, value, suffix: "")
  }

  private mutating func line(
    _ name: MetricName, _ labels: String, _ value: some CustomStringConvertible, suffix: String
  ) {
    begin(name, labels, suffix)
    text.append(value.description)
    text.append(UInt8(ascii: "\n"))
  }

  private mutating func line(
    _ name: MetricName, _ labels: String, _ value: Int, suffix: String
  ) {
    begin(name, labels, suffix)
    text.append(decimal: value)
    text.append(UInt8(ascii: "\n"))
  }

  private mutating func begin(_ name: MetricName, _ labels: String, _ suffix: String) {
    text.append(name.rawValue)
    text.append(suffix)
    if !labels.isEmpty {
      text.append(UInt8(ascii: "{"))
      text.append(labels)
      text.append(UInt8(ascii: "}"))
    }
    text.append(UInt8(ascii: " "))
  }
}
