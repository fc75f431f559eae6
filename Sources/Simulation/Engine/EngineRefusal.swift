internal import JSONFields
package import Vocabulary

/// An answer other than 200, in vLLM's shape and words (0.32.0, measured).
package struct EngineRefusal: Error, Hashable, Sendable {
  /// The HTTP status; repeated as `code`.
  package let status: Int
  /// `type`.
  package let type: String
  /// `param`; null when nil.
  package let parameter: String?
  /// `message`.
  package let message: String

  /// A refusal from its parts.
  package init(status: Int, type: String, parameter: String? = nil, message: String) {
    self.status = status
    self.type = type
    self.parameter = parameter
    self.message = message
  }

  /// A request vLLM's own checks refuse.
  package static func badRequest(_ message: String, parameter: String? = nil) -> EngineRefusal {
    EngineRefusal(
      status: 400, type: "BadRequestError", parameter: parameter, message: message)
  }

  /// A request whose body does not have the declared types.
  package static func invalidBody(_ kind: String, at place: String, _ text: String)
    -> EngineRefusal
  {
    let message = "1 validation error:\n  {'type': '\(kind)', 'loc': '\(place)', 'msg': '\(text)'}"
    return EngineRefusal(
      status: 400, type: "Bad Request", parameter: place, message: message)
  }

  /// A request for a model that is not served.
  package static func unknownModel(_ name: String, served: String) -> EngineRefusal {
    EngineRefusal(
      status: 404, type: "NotFoundError", parameter: "model",
      message: "The model `\(name)` does not exist. Valid aliases: \(served).")
  }

  /// A full queue.
  package static let busy = EngineRefusal(
    status: 503, type: "Service Unavailable",
    message: "The engine is currently busy and cannot accept new requests. "
      + "Please try again later or on a different instance.")

  /// What a failed request gets, such as one whose remote KV could not be read.
  package static let internalError = EngineRefusal(
    status: 500, type: "InternalServerError", message: "Internal server error")

  /// What requests in flight get when the engine's core has died.
  package static let engineDead = EngineRefusal(
    status: 500, type: "InternalServerError",
    message: "EngineCore encountered an issue. See stack trace (above) for the root cause.")

  /// Appends the error body.
  package func write(to buffer: inout ByteBuffer) {
    buffer.append("{\"error\":{\"message\":")
    buffer.append(jsonString: message)
    buffer.append(",\"type\":")
    buffer.append(jsonString: type)
    buffer.append(",\"param\":")
    buffer.append(jsonStringOrNull: parameter)
    buffer.append(",\"code\":\(status)}}")
  }

  /// Appends the error as an event of a stream that had begun (with vLLM's spaces).
  package func writeEvent(to buffer: inout ByteBuffer) {
    buffer.append("data: {\"error\": {\"message\": ")
    buffer.append(jsonString: message)
    buffer.append(", \"type\": ")
    buffer.append(jsonString: type)
    buffer.append(", \"param\": ")
    buffer.append(jsonStringOrNull: parameter)
    buffer.append(", \"code\": \(status)}}\n\n")
  }
}
