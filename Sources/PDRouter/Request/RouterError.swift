/// A failure of one request: what happened, on whose side, and what the client is told.
public struct RouterError: Error, Equatable, Sendable {
  /// What happened.
  public enum Kind: Equatable, Sendable {
    /// The request breaks HTTP or is not what the route takes; the status it earns.
    case badRequest(status: Int)
    /// There is no API key, or a wrong one.
    case unauthorized
    /// Whether the API key is right could not be found out.
    case keyNotValidated
    /// No engine serves the model that was asked for.
    case unknownModel
    /// No worker of the needed role is there to be chosen.
    case noWorker
    /// The router is at a limit of its own.
    case overloaded
    /// As many requests are in flight as may be, and as many wait.
    case queueFull
    /// More requests have come in a second than may, and as many wait as may.
    case rateLimited
    /// The request has waited too long to be let in.
    case queueTimedOut
    /// The worker could not be reached; not a byte was delivered.
    case unreachable
    /// The worker's connection broke before or within its answer.
    case broken
    /// The worker's answer is not HTTP, or not what the protocol promises.
    case malformedAnswer
    /// The worker answered with an error status of its own.
    case workerStatus(Int)
    /// The request's time is over.
    case timedOut
    /// One part of the work took longer than it may.
    case tookTooLong(Stage)
    /// The KV handle's lease ran out before decode could take it.
    case leaseExpired
    /// The router is shutting down.
    case shuttingDown
  }

  /// What may take too long besides the request as a whole.
  public enum Stage: Sendable {
    /// Coming to a connection.
    case connecting
    /// The prefill leg, to the end of its answer.
    case prefill
    /// The time to the answer's head.
    case firstByte
    /// The time between two pieces of an answer.
    case silence
  }

  /// Whose fault it is.
  public enum Origin: String, Sendable {
    case client, router, prefill, decode, worker

    /// The engine on that side, in a sentence.
    var engineName: String { self == .worker ? "engine" : "\(rawValue) engine" }
  }

  /// What happened.
  public var kind: Kind
  /// On whose side.
  public var origin: Origin
  /// One sentence for the client; never an address of ours.
  public var message: String
  /// Seconds after which trying again makes sense, where somebody said so.
  public var retryAfterSeconds: Int?

  /// An error from its parts.
  public init(
    _ kind: Kind, origin: Origin, message: String, retryAfterSeconds: Int? = nil
  ) {
    self.kind = kind
    self.origin = origin
    self.message = message
    self.retryAfterSeconds = retryAfterSeconds
  }
}

extension RouterError {
  /// The HTTP status that the client gets. A worker's own status stays as it is.
  public var status: Int {
    switch kind {
    case .badRequest(let status): status
    case .unknownModel: 404
    case .unauthorized: 401
    case .noWorker, .overloaded, .shuttingDown, .keyNotValidated: 503
    case .queueFull, .rateLimited: 429
    case .queueTimedOut: 408
    case .unreachable, .broken, .malformedAnswer, .leaseExpired: 502
    case .workerStatus(let status): status
    case .timedOut, .tookTooLong: 504
    }
  }

  /// The error's name in OpenAI's `type` member.
  public var type: StaticString {
    switch kind {
    case .unknownModel: "NotFoundError"
    case .badRequest(404): "not_found_error"
    case .badRequest, .unauthorized: "invalid_request_error"
    case .noWorker, .overloaded, .shuttingDown, .keyNotValidated: "service_unavailable_error"
    case .queueFull, .rateLimited: "rate_limit_error"
    case .unreachable, .broken, .malformedAnswer, .leaseExpired: "bad_gateway_error"
    case .workerStatus: "worker_error"
    case .timedOut, .queueTimedOut, .tookTooLong: "timeout_error"
    }
  }

  /// The error's name in metrics (`error_type`) and in OpenAI's `code` member.
  public var code: StaticString {
    switch kind {
    case .badRequest: "bad_request"
    case .unauthorized: "invalid_api_key"
    case .keyNotValidated: "key_validation_unavailable"
    case .unknownModel: "model_not_found"
    case .noWorker: "no_available_workers"
    case .overloaded: "overloaded"
    case .queueFull: "queue_full"
    case .rateLimited: "rate_limited"
    case .queueTimedOut: "queue_timeout"
    case .unreachable: "worker_unreachable"
    case .broken: "worker_connection_broken"
    case .malformedAnswer: "malformed_worker_answer"
    case .workerStatus: "worker_error"
    case .timedOut: "request_timeout"
    case .tookTooLong(.connecting): "connect_timeout"
    case .tookTooLong(.prefill): "prefill_timeout"
    case .tookTooLong(.firstByte): "first_byte_timeout"
    case .tookTooLong(.silence): "stream_idle_timeout"
    case .leaseExpired: "kv_lease_expired"
    case .shuttingDown: "shutting_down"
    }
  }
}

extension RouterError {
  /// The request's time is over.
  static func timedOut(after time: Duration) -> RouterError {
    let seconds = time.components.seconds
    return RouterError(
      .timedOut, origin: .router, message: "The request's time of \(seconds) s is over.")
  }

  /// The router ends and waits no longer.
  static var routerStops: RouterError {
    RouterError(.shuttingDown, origin: .router, message: "The router is shutting down.")
  }
}
