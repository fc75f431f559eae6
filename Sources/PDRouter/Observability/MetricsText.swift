internal import KVTransfer
internal import Policies
internal import Vocabulary

/// Writes the metrics of all loops as Prometheus text (format 0.0.4).
struct MetricsText: ~Copyable {
  private var text = ByteBuffer(capacity: 16 * 1024)
  let loops: [LoopMetrics]
  let workers: [Worker]
  private let now: Instant
  /// What is remembered of prompts, if anything is.
  let prefixes: PrefixIndex?
  /// Through which requests are let in, if it is there to be asked.
  let gate: AdmissionGate?

  /// A writer of the sums of `loops` and the state of `workers` at the moment `now`.
  init(
    loops: [LoopMetrics], workers: [Worker], now: Instant, prefixes: PrefixIndex? = nil,
    gate: AdmissionGate? = nil
  ) {
    self.gate = gate
    self.prefixes = prefixes
    self.loops = loops
    self.workers = workers
    self.now = now
  }

  /// Everything, in the order of `MetricName`.
  consuming func write() -> ByteBuffer {
    for name in MetricName.allCases { write(name) }
    return text
  }

  private mutating func write(_ name: MetricName) {
    text.append("# HELP \(name.rawValue) \(name.help)\n# TYPE \(name.rawValue) \(name.type)\n")
    switch name {
    case .requests: routes(name) { $0.requests }
    case .splitRequests: routes(name) { $0.splitRequests }
    case .requestDuration: histogram(name) { $0.durations }
    case .splitDuration: histogram(name) { $0.splitDurations }
    case .timeToFirstToken: histogram(name) { $0.firstTokens }
    case .requestErrors: errors(name)
    case .retries: routes(name) { $0.retries }
    case .retriesExhausted: routes(name) { $0.retriesExhausted }
    case .retryBackoff:
      for place in 0..<LoopMetrics.backoffAttempts {
        guard loops.contains(where: { $0.backoffs[place].isUsed }) else { continue }
        histogram(name, label: "attempt=\"\(place + 1)\"") { $0.backoffs[place] }
      }
    case .waitingForWorker: single(name, .waitingForWorker)
    case .retriesRefused: single(name, .retriesRefused)
    case .refusedRequests: single(name, .refusedRequests)
    case .refusedConnections:
      for refusal in ConnectionRefusal.allCases {
        let sum = loops.reduce(0) { $0 + $1.refusedConnections.value(at: refusal.rawValue) }
        line(name, "reason=\"\(refusal.name)\"", sum)
      }
    case .clientDisconnects: single(name, .clientDisconnects)
    case .requestsInFlight, .maxConcurrentRequests, .queueDepth, .queueRefused: admission(name)
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
    }
  }

  private func handles(_ figure: LoopMetrics.HandleFigure) -> Int {
    loops.reduce(0) { $0 + $1.handles.value(at: figure.rawValue) }
  }

  private mutating func single(_ name: MetricName, _ single: LoopMetrics.Single) {
    line(name, "", loops.reduce(0) { $0 + $1.singles.value(at: single.rawValue) })
  }

  private mutating func routes(_ name: MetricName, _ counters: (LoopMetrics) -> AtomicCounters) {
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
    for worker in workers {
      line(name, "worker=\"\(MetricsText.escaped(worker.url.text))\"", value(worker))
    }
  }

  /// Workers that said nothing lately have no series.
  private mutating func usages(_ name: MetricName) {
    for worker in workers {
      guard let load = worker.loadReport?.load(at: now) else { continue }
      let label = "worker=\"\(MetricsText.escaped(worker.url.text))\""
      text.append("\(name.rawValue){\(label)} \(load.kvUsage)\n")
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

  private mutating func histogram(
    _ name: MetricName, label: String = "", _ histogram: (LoopMetrics) -> LatencyHistogram
  ) {
    let (comma, braced) = label.isEmpty ? ("", "") : (",", "{\(label)}")
    var total = 0
    for (place, bound) in LatencyHistogram.bounds.enumerated() {
      total += loops.reduce(0) { $0 + histogram($1).count(inBucket: place) }
      text.append("\(name.rawValue)_bucket{\(label)\(comma)le=\"\(bound)\"} \(total)\n")
    }
    let last = LatencyHistogram.bounds.count
    total += loops.reduce(0) { $0 + histogram($1).count(inBucket: last) }
    let sum = loops.reduce(0.0) { $0 + histogram($1).sum }
    text.append("\(name.rawValue)_bucket{\(label)\(comma)le=\"+Inf\"} \(total)\n")
    text.append("\(name.rawValue)_sum\(braced) \(sum)\n")
    text.append("\(name.rawValue)_count\(braced) \(total)\n")
  }

  /// One series.
  mutating func line(_ name: MetricName, _ labels: String, _ value: some CustomStringConvertible) {
    let series = labels.isEmpty ? name.rawValue : "\(name.rawValue){\(labels)}"
    text.append("\(series) \(value)\n")
  }
}
