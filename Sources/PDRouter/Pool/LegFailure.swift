package import EventLoop
package import Wire

/// Why a leg gave no complete answer; ordered by what the worker may have done with the request.
package enum LegFailure: Equatable {
  /// No connection came about: not one byte was delivered, so the request may go elsewhere freely.
  case unreachable(StreamError)
  /// As many connections to the worker as the limit allows are in use; nothing was delivered.
  case poolFull
  /// The router has no descriptor, port or memory left for a connection; nothing was delivered.
  case noSocket
  /// The connection broke after bytes were sent and before the answer's head.
  case brokenBeforeAnswer
  /// The connection broke within the answer.
  case brokenWithinAnswer
  /// The worker refused to look at the request, also on a second connection; nothing was delivered.
  case refused
  /// The worker was spoken to in HTTP/2 and does not understand it, so nothing was delivered.
  case notHTTP2
  /// The answer is not HTTP.
  case malformed(WireError)
  /// What the worker sent breaks the rules of HTTP/2.
  case malformedFrames(HTTP2Error)
  /// The answer exceeds what the router holds.
  case answerTooLarge

  /// Whether the worker cannot have seen anything of the request.
  var nothingDelivered: Bool {
    switch self {
    case .unreachable, .poolFull, .noSocket, .refused, .notHTTP2: true
    case .brokenBeforeAnswer, .brokenWithinAnswer, .malformed, .malformedFrames, .answerTooLarge:
      false
    }
  }

  /// Whether the worker is at fault; what the router lacks itself says nothing about its workers.
  var blamesWorker: Bool {
    switch self {
    case .poolFull, .noSocket: false
    case .unreachable, .refused, .notHTTP2, .brokenBeforeAnswer, .brokenWithinAnswer, .malformed,
      .malformedFrames, .answerTooLarge:
      true
    }
  }

  /// Whether whatever listens at the worker's address is at fault, with all ranks it has.
  var isOfEngine: Bool {
    switch self {
    case .unreachable, .refused, .notHTTP2, .brokenBeforeAnswer, .brokenWithinAnswer: true
    case .poolFull, .noSocket, .malformed, .malformedFrames, .answerTooLarge: false
    }
  }

  /// Why no connection came about, by what the system said.
  static func notConnected(_ error: StreamError) -> LegFailure {
    guard case .connectFailed(let detail) = error, exhaustionNames.contains(detail) else {
      return .unreachable(error)
    }
    return .noSocket
  }

  /// What `socket` and `connect` say when this side is at a limit (socket(2), connect(2)).
  private static let exhaustionNames = [
    "EMFILE", "ENFILE", "ENOBUFS", "ENOMEM", "EADDRNOTAVAIL", "EAGAIN",
  ]

  /// What the client is told when no other worker can help; `origin` is the leg's side.
  func error(origin: RouterError.Origin) -> RouterError {
    let engine = origin.engineName
    return switch self {
    case .unreachable(.connectTimedOut):
      RouterError(
        .tookTooLong(.connecting), origin: origin,
        message: "Connecting to the \(engine) timed out.")
    case .unreachable:
      RouterError(
        .unreachable, origin: origin, message: "The \(engine) cannot be reached.")
    case .poolFull:
      RouterError(
        .overloaded, origin: .router,
        message: "Too many connections to the \(engine) are in use.",
        retryAfterSeconds: 1)
    case .noSocket:
      RouterError(
        .overloaded, origin: .router,
        message: "The router has no socket left for a connection to an engine.",
        retryAfterSeconds: 1)
    case .brokenBeforeAnswer:
      RouterError(
        .broken, origin: origin,
        message: "The \(engine) closed the connection without an answer.")
    case .brokenWithinAnswer:
      RouterError(
        .broken, origin: origin,
        message: "The \(engine) closed the connection within its answer.")
    case .refused:
      RouterError(
        .unreachable, origin: origin, message: "The \(engine) refuses to take the request.")
    case .notHTTP2:
      RouterError(
        .unreachable, origin: origin, message: "The \(engine) does not speak HTTP/2.")
    case .malformed, .malformedFrames:
      RouterError(
        .malformedAnswer, origin: origin, message: "The \(engine)'s answer is malformed.")
    case .answerTooLarge:
      RouterError(
        .malformedAnswer, origin: origin, message: "The \(engine)'s answer is too large.")
    }
  }
}
