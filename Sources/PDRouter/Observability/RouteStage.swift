/// A part of a request's time, as metrics tell it.
enum RouteStage: Int, CaseIterable {
  /// Complete until workers were chosen for the first time.
  case queue
  /// The prefill leg, to the end of its answer.
  case prefill
  /// Prefill answered until the decode leg was written.
  case handOver
  /// The serving leg written until the first token: KV transfer, the engine's queue, its first
  /// step.
  case decodeWait
  /// The first token until the end of the stream.
  case decode
  /// Complete until the end of the answer.
  case total

  /// As it is written in metric labels.
  var name: StaticString {
    switch self {
    case .queue: "queue"
    case .prefill: "prefill"
    case .handOver: "hand_over"
    case .decodeWait: "decode_wait"
    case .decode: "decode"
    case .total: "total"
    }
  }
}
