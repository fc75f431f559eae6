internal import JSONFields
internal import Vocabulary
internal import Wire

/// What all requests of a run have in common, and how one is written.
package struct RequestShape: Sendable {
  /// Which of OpenAI's endpoints is spoken to.
  package enum Endpoint: String, Sendable {
    /// `/v1/completions`: `prompt`, `max_tokens`.
    case completions
    /// `/v1/chat/completions`: one message of the user, `max_completion_tokens`.
    case chat
  }

  /// The value of `Host`.
  package var host = "localhost"
  /// The path with its prefix.
  package var path = "/v1/completions"
  /// The path at which models are listed, with its prefix.
  package var modelsPath = "/v1/models"
  /// Which body is written.
  package var endpoint = Endpoint.completions
  /// The model asked for.
  package var model = ""
  /// How prompts are written.
  package var form = PromptForm.tokens
  /// Whether answers are asked for as streams, with usage at the end.
  package var streams = true
  /// Whether the engine is told to go on until it has made as many tokens as asked for.
  package var ignoresEnd = false
  /// Further header fields, checked: names are tokens, values have no control characters.
  package var fields: [(name: String, value: String)] = []
  /// What `X-Request-Id` begins with, before the request's number; none is sent when nil.
  package var requestIDPrefix: String?
  /// Members of a JSON object without its braces, put last, so that they win; empty for none.
  package var extraMembers = ""

  /// A shape with the defaults.
  package init() {}

  /// What is between the braces of a JSON object; nil for any other text.
  package static func members(of text: String) -> String? {
    let bytes = Array(text.utf8)
    return bytes.withUnsafeBytes { bytes -> String? in
      guard let object = try? JSONValue(validating: bytes), object.kind == .object else {
        return nil
      }
      guard object.members.contains(where: { _ in true }) else { return "" }
      return String(decoding: object.raw.dropFirst().dropLast(), as: UTF8.self)
    }
  }

  /// Appends the body of `request`.
  func appendBody(of request: WorkloadRequest, to buffer: inout ByteBuffer) {
    buffer.append("{\"model\":")
    buffer.append(jsonString: model)
    switch endpoint {
    case .completions:
      buffer.append(",\"prompt\":")
      form.append(request.pieces, to: &buffer)
      buffer.append(",\"max_tokens\":")
    case .chat:
      buffer.append(",\"messages\":[{\"role\":\"user\",\"content\":")
      form.append(request.pieces, to: &buffer)
      buffer.append("}],\"max_completion_tokens\":")
    }
    buffer.append(decimal: request.outputTokens)
    if streams {
      buffer.append(",\"stream\":true,\"stream_options\":{\"include_usage\":true}")
    }
    if ignoresEnd { buffer.append(",\"ignore_eos\":true") }
    if !extraMembers.isEmpty {
      buffer.append(",")
      buffer.append(extraMembers)
    }
    buffer.append("}")
  }

  /// Appends the head of request `number`, whose body has so many bytes.
  func appendHead(of number: Int, bodyBytes: Int, to buffer: inout ByteBuffer) {
    buffer.append("POST ")
    buffer.append(path)
    buffer.append(" HTTP/1.1\r\n")
    appendCommonFields(to: &buffer)
    buffer.append("Content-Type: application/json\r\n")
    if let requestIDPrefix { buffer.append("X-Request-Id: \(requestIDPrefix)\(number)\r\n") }
    buffer.append("Content-Length: ")
    buffer.append(decimal: bodyBytes)
    buffer.append("\r\n\r\n")
  }

  /// Appends a request without a body for `path`.
  func appendQuestion(for path: String, to buffer: inout ByteBuffer) {
    buffer.append("GET \(path) HTTP/1.1\r\n")
    appendCommonFields(to: &buffer)
    buffer.append("\r\n")
  }

  private func appendCommonFields(to buffer: inout ByteBuffer) {
    buffer.append("Host: \(host)\r\nAccept: */*\r\nUser-Agent: vllm-router-bench\r\n")
    for (name, value) in fields { buffer.append("\(name): \(value)\r\n") }
  }
}
