package import PDRouter
package import Vocabulary

/// What a run sends, where, when, and what it keeps of it.
package struct BenchPlan: Sendable {
  /// From when latencies count in an open loop.
  package enum Start: String, CaseIterable, Sendable {
    /// From when a request was due, so that a client or a server that falls behind shows.
    case due
    /// From when it was sent, as `vllm bench serve` counts.
    case sent
  }

  /// Where.
  package var peer: HostAndPort
  /// What requests have in common.
  package var shape = RequestShape()
  /// The requests.
  package var workload: Workload
  /// When they are due in an open loop, from the start, ascending, one each; nil for a closed loop.
  package var offsets: [Duration]?
  /// From when latencies count.
  package var countsFrom = Start.due
  /// Most requests at a time; nil for any number.
  package var maxConcurrency: Int?
  /// No request is sent later than this after the start; nil for any time.
  package var duration: Duration?
  /// Time for one answer, from sending.
  package var requestTimeout: Duration = .seconds(21_600)
  /// Time for a connection to come about.
  package var connectTimeout: Duration = .seconds(20)
  /// For how long the first request is tried again; nil sends none ahead.
  package var readyTimeout: Duration? = .zero
  /// Requests before the run that are not measured.
  package var warmUps = 0
  /// Whether each request's times between tokens and its text are kept.
  package var keepsDetails = false
  /// TLS towards the server; nil for none.
  package var security: TransportSecurity?
  /// How often progress is told.
  package var progressInterval: Duration?

  /// A plan with the defaults.
  package init(peer: HostAndPort, workload: Workload) {
    self.peer = peer
    self.workload = workload
  }

  /// Requests that the run has at most.
  package var count: Int { min(workload.count, offsets?.count ?? .max) }
}
