public import Vocabulary

/// One live handle as a listing shows it.
public struct KVHandleListing: Sendable, Equatable {
  /// Its name.
  public let id: KVHandleID
  /// Where in its life it is.
  public let stage: KVHandleStage
  /// Whether prefill answered without parameters.
  public let isEmpty: Bool
  /// The prefill worker that makes or made it.
  public let prefillWorker: WorkerID
  /// The decode worker it was sent to, once dispatched.
  public let decodeWorker: WorkerID?
  /// When its prefill leg began.
  public let began: Instant
  /// When its lease ends, while held or dispatched.
  public let deadline: Instant?
  /// Size of its parameters in bytes.
  public let parameterByteCount: Int
}
