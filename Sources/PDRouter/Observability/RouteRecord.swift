public import Vocabulary

/// What became of one request: where it went, why, and when. Written once, at its end.
public struct RouteRecord: Sendable {
  /// How the request ended.
  public enum Outcome: String, Sendable {
    /// The answer was passed on to its end, whatever its status.
    case completed
    /// The client hung up first.
    case clientGone = "client_gone"
    /// The router answered with an error of its own.
    case failed
    /// The answer had begun and could not be finished.
    case brokenOff = "broken_off"

    /// As it is written in the log.
    public var name: StaticString {
      switch self {
      case .completed: "completed"
      case .clientGone: "client_gone"
      case .failed: "failed"
      case .brokenOff: "broken_off"
      }
    }
  }

  /// The route.
  public var endpoint = Endpoint.passThrough
  /// The name of the API key that the client used, where keys are asked for.
  public var client: String?
  /// How it ended.
  public var outcome = Outcome.completed
  /// Status sent to the client; 0 when none was.
  public var status = 0
  /// Worker of the last prefill leg.
  public var prefillWorker: Worker?
  /// Worker of the last serving leg: decode, or the only one.
  public var servingWorker: Worker?
  /// Why the policies chose them (the last choice), or why the request was not split.
  public var reason: StaticString = ""
  /// Why the request was split or was not (the last choice); nil in a single pool.
  public var wayReason: WayReason?
  /// What became of the KV handle; empty when there was none.
  public var handleOutcome: StaticString = ""
  /// The error told to the client, if any.
  public var error: RouterError?
  /// Workers chosen, prefill and decode together counting once.
  public var attempts = 0
  /// Whether that is as many as a request may have.
  public var hasUsedUpAttempts = false
  /// Request complete.
  public var receivedAt = Instant.zero
  /// How long it waited in line to be let in; nil when it did not.
  public var lineTime: Duration?
  /// Workers chosen for the first time, after any waiting in line.
  public var admittedAt: Instant?
  /// Last prefill leg begun; nil again where another attempt did without.
  public var prefillStartedAt: Instant?
  /// Last prefill leg answered.
  public var prefillEndedAt: Instant?
  /// Last serving leg begun.
  public var servingStartedAt: Instant?
  /// Last serving leg written to its connection.
  public var servingSentAt: Instant?
  /// Head of the last serving leg's answer.
  public var servingHeadAt: Instant?
  /// First chunk with a token (or first byte of a whole answer) written to the client.
  public var firstTokenAt: Instant?
  /// Last chunk with a token written to the client (streams only).
  public var lastTokenAt: Instant?
  /// What it was at when its client hung up, if it did.
  public var leftIn: LeavingStage?
  /// End of the request.
  public var endedAt = Instant.zero
  /// Bytes of the request's body.
  public var requestBytes = 0
  /// Bytes of the answer's body passed on.
  public var answerBytes = 0
  /// Events with tokens passed on (streams only).
  public var tokenEvents = 0

  /// Whether the stream has had its comment about the stages.
  var hasReportedStages = false

  /// An empty record.
  public init() {}

  /// Forgets everything, in place: to put a new record there costs three times as much.
  mutating func clear() {
    client = nil
    outcome = .completed
    status = 0
    if prefillWorker != nil { prefillWorker = nil }
    servingWorker = nil
    reason = ""
    wayReason = nil
    handleOutcome = ""
    if error != nil { error = nil }
    attempts = 0
    hasUsedUpAttempts = false
    lineTime = nil
    admittedAt = nil
    prefillStartedAt = nil
    prefillEndedAt = nil
    beginServing()
    firstTokenAt = nil
    lastTokenAt = nil
    leftIn = nil
    requestBytes = 0
    answerBytes = 0
    tokenEvents = 0
    hasReportedStages = false
  }

  /// Whether it ended with a failure that would have been tried again, had an attempt been left.
  var isExhausted: Bool {
    guard hasUsedUpAttempts else { return false }
    switch (outcome, error?.kind) {
    case (.completed, _): return RetryableStatus.contains(status)
    case (.failed, .unreachable), (.failed, .broken), (.failed, .malformedAnswer),
      (.failed, .workerStatus), (.failed, .tookTooLong), (.failed, .leaseExpired),
      (.failed, .overloaded):
      return true
    default: return false
    }
  }
}

/// Who is told of every request at its end, on the loop's thread.
public protocol RouteObserver: AnyObject {
  /// A request ended. `requestID` is valid only during the call.
  func requestDidEnd(_ record: RouteRecord, requestID: UnsafeRawBufferPointer)
}
