/// What a request was at when its client hung up.
public enum LeavingStage: Int, Sendable, CaseIterable {
  /// No worker was chosen yet.
  case queue
  /// Prefill had not answered.
  case prefill
  /// The serving engine had given no token.
  case decodeWait
  /// The answer was flowing.
  case streaming

  /// As it is written in metric labels.
  public var name: StaticString {
    switch self {
    case .queue: "queue"
    case .prefill: "prefill"
    case .decodeWait: "decode_wait"
    case .streaming: "streaming"
    }
  }
}
