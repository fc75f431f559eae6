package import EventLoop
package import Wire

/// Why a leg gave no complete answer; ordered by what the worker may have done with the request.
package enum LegFailure: Equatable {
  /// No connection came about: not one byte was delivered, so the request may go elsewhere freely.
  case unreachable(StreamError)
  /// As many connections to the worker as the limit allows are in use; nothing was delivered.
  case poolFull
  /// The connection broke after bytes were sent and before the answer's head.
  case brokenBeforeAnswer
  /// The connection broke within the answer.
  case brokenWithinAnswer
  /// The answer is not HTTP.
  case malformed(WireError)
  /// The answer exceeds what the router holds.
  case answerTooLarge

  /// Whether the worker cannot have seen anything of the request.
  var nothingDelivered: Bool {
    switch self {
    case .unreachable, .poolFull: true
    case .brokenBeforeAnswer, .brokenWithinAnswer, .malformed, .answerTooLarge: false
    }
  }

  /// What the client is told when no other worker can help; `origin` is the leg's side.
  func error(origin: RouterError.Origin) -> RouterError {
    switch self {
    case .unreachable(.connectTimedOut):
      RouterError(
        .unreachable, origin: origin, message: "Connecting to the \(origin) engine timed out.")
    case .unreachable:
      RouterError(
        .unreachable, origin: origin, message: "The \(origin) engine cannot be reached.")
    case .poolFull:
      RouterError(
        .overloaded, origin: .router,
        message: "Too many connections to the \(origin) engine are in use.",
        retryAfterSeconds: 1)
    case .brokenBeforeAnswer:
      RouterError(
        .broken, origin: origin,
        message: "The \(origin) engine closed the connection without an answer.")
    case .brokenWithinAnswer:
      RouterError(
        .broken, origin: origin,
        message: "The \(origin) engine closed the connection within its answer.")
    case .malformed:
      RouterError(
        .malformedAnswer, origin: origin, message: "The \(origin) engine's answer is malformed.")
    case .answerTooLarge:
      RouterError(
        .malformedAnswer, origin: origin, message: "The \(origin) engine's answer is too large.")
    }
  }
}
