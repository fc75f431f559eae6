internal import Policies
internal import Synchronization
internal import Vocabulary

// What concerns the workers: choices, load, legs, connections, answers.
extension MetricsText {
  /// One of the metrics of workers.
  mutating func pool(_ name: MetricName) {
    let prefill = workers.filter { $0.role == .prefill }
    let decode = workers.filter { $0.role == .decode }
    switch name {
    case .policyDecisions: decisions(name)
    case .cacheHits: single(name, .cacheHits)
    case .cacheMisses: single(name, .cacheMisses)
    case .balancingEvents: line(name, "", balancingEvents)
    case .maxLoad: line(name, "", loads.max() ?? 0)
    case .minLoad: line(name, "", loads.min() ?? 0)
    case .prefillErrors: each(name, of: prefill) { $0.failedRequests }
    case .decodeErrors: each(name, of: decode) { $0.failedRequests }
    case .streamErrors:
      each(name, of: decode) { $0.tally.brokenStreams.load(ordering: .relaxed) }
    case .prefillOccupancy: eachRank(name, prefill) { $0.requestsInFlight }
    case .activePrefillTokens: eachRank(name, prefill) { $0.tokensInFlight }
    case .pendingDecodes: eachRank(name, decode) { $0.pendingDecodes }
    case .activeDecodes: eachRank(name, decode) { max(0, $0.requestsInFlight - $0.pendingDecodes) }
    case .workerConnections: connections(name)
    case .backendResponses: for worker in workers { responses(name, of: worker) }
    default: preconditionFailure("\(name) is written nowhere")
    }
  }

  private var loads: [Int] { workers.filter(\.isEligible).map(\.requestsInFlight) }

  /// Choices of `cache_aware` for either leg in which the cache did not count.
  private var balancingEvents: Int {
    let reason = Int(ChoiceReason.loadImbalance.rawValue)
    return loops.reduce(0) {
      $0 + $1.prefixDecisions.value(at: reason)
        + $1.prefixDecisions.value(at: ChoiceReason.allCases.count + reason)
    }
  }

  private mutating func decisions(_ name: MetricName) {
    guard let policies else { return }
    for worker in workers {
      let policy = worker.role == .prefill ? policies.prefill : policies.serving
      line(
        name, "policy=\"\(policy.rawValue)\",\(worker.metricLabel)",
        worker.tally.decisions.load(ordering: .relaxed))
    }
  }

  /// The baseline's labels: the engine, and the rank or `aggregate`.
  private mutating func eachRank(
    _ name: MetricName, _ workers: [Worker], _ value: (Worker) -> Int
  ) {
    for worker in workers {
      let engine = MetricsText.escaped(worker.url.base.text)
      let rank = worker.url.rank.map { "\($0)" } ?? "aggregate"
      line(name, "worker=\"\(engine)\",rank=\"\(rank)\"", value(worker))
    }
  }

  private mutating func connections(_ name: MetricName) {
    for worker in workers {
      let tally = worker.tally
      line(
        name, "\(worker.metricLabel),state=\"busy\"", tally.busyConnections.load(ordering: .relaxed)
      )
      line(
        name, "\(worker.metricLabel),state=\"idle\"", tally.idleConnections.load(ordering: .relaxed)
      )
    }
  }

  private mutating func responses(_ name: MetricName, of worker: Worker) {
    var kinds: [(kind: ResponseKind, count: Int)] = []
    worker.tally.responses.forEach { kinds.append(($0, $1)) }
    for (kind, count) in kinds.sorted(by: { $0.kind.key < $1.kind.key }) {
      line(
        name,
        "route=\"\(kind.endpoint.label)\",\(worker.metricLabel),"
          + "vllm_request_phase=\"\(kind.phase)\",\(kind.labels)", count)
    }
    let rest = worker.tally.responses.beyondCapacity
    guard rest > 0 else { return }
    line(
      name,
      "\(worker.metricLabel),vllm_request_phase=\"other\",\(ResponseKind.labelsBeyondCapacity)",
      rest)
  }
}
