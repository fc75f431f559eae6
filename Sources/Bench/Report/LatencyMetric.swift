/// A time that is reported, by its name in flags and results (`vllm bench serve`).
package enum LatencyMetric: String, CaseIterable, Sendable {
  case ttft
  case tpot
  case itl
  case e2el
  case clientQueueTime = "client_queue_time"
  case wholeWithQueue = "e2el_including_client_queue"

  /// Above its lines in the summary.
  var title: String {
    switch self {
    case .ttft: "Time to First Token"
    case .tpot: "Time per Output Token (excl. 1st token)"
    case .itl: "Inter-token Latency"
    case .e2el: "End-to-end Latency"
    case .clientQueueTime: "Client-side Queueing"
    case .wholeWithQueue: "Queue-inclusive End-to-end Latency"
    }
  }

  /// In its lines.
  var label: String {
    switch self {
    case .ttft: "TTFT"
    case .tpot: "TPOT"
    case .itl: "ITL"
    case .e2el: "E2EL"
    case .clientQueueTime: "Client Queue Time"
    case .wholeWithQueue: "E2EL incl. Client Queue"
    }
  }
}
