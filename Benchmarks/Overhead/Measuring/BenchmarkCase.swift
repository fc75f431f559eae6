/// One question about a router's cost.
enum BenchmarkCase: String, CaseIterable {
  /// Whole answers in a closed loop, one pool.
  case whole
  /// Whole answers in a closed loop, prefill and decode apart.
  case disaggregated = "pd"
  /// Whole answers at a fixed low rate: latency.
  case latency
  /// Streams at a fixed low rate, prefill and decode apart: the time to the first token.
  case firstToken = "ttft"
  /// Streams in a closed loop.
  case streams
  /// Very many streams at once: memory.
  case openStreams = "open-streams"

  /// What it does, for the report.
  var summary: String {
    switch self {
    case .whole: "whole answers, closed loop, one pool"
    case .disaggregated: "whole answers, closed loop, prefill and decode apart"
    case .latency: "whole answers at a fixed rate, one pool"
    case .firstToken: "first tokens of streams at a fixed rate, prefill and decode apart"
    case .streams: "streams in a closed loop, one pool"
    case .openStreams: "streams all open at once, one pool"
    }
  }

  /// Whether requests are split over prefill and decode.
  var isDisaggregated: Bool { self == .disaggregated || self == .firstToken }
}
