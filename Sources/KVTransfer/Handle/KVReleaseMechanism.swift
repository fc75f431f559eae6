/// What told the prefill engine to free the blocks of an unused handle.
public enum KVReleaseMechanism: UInt8, Sendable, CaseIterable {
  /// The decode engine that had it, when its leg was closed.
  case decodeAbort
  /// The decode engine that had it, by refusing the request before admission.
  case decodeRejection
  /// A request that a decode engine had to refuse (reject-to-release).
  case rejectedRequest
  /// A request that a decode engine served and whose answer was dropped.
  case droppedRequest
  /// A call that named the request (SGLang's `/abort_request`).
  case abortRequest

  /// The mechanism as it is written in logs and metric labels.
  public var name: StaticString {
    switch self {
    case .decodeAbort: "decode_abort"
    case .decodeRejection: "decode_rejection"
    case .rejectedRequest: "rejected_request"
    case .droppedRequest: "dropped_request"
    case .abortRequest: "abort_request"
    }
  }
}
