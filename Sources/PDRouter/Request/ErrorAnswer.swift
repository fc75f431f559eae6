internal import JSONFields
internal import Vocabulary

/// The one place where a failure becomes bytes for a client: OpenAI's error object.
enum ErrorAnswer {
  /// `{"error":{"message":…,"type":…,"param":null,"code":…}}`
  static func append(_ error: RouterError, to buffer: inout ByteBuffer) {
    buffer.append("{\"error\":{\"message\":")
    buffer.append(jsonString: error.message)
    buffer.append(",\"type\":\"")
    buffer.append(error.type)
    buffer.append("\",\"param\":null,\"code\":\"")
    buffer.append(error.code)
    buffer.append("\"}}")
  }

  /// The same as a server-sent event, then the end of the stream as engines end theirs.
  static func appendEvent(_ error: RouterError, to buffer: inout ByteBuffer) {
    buffer.append("data: ")
    append(error, to: &buffer)
    buffer.append("\n\ndata: [DONE]\n\n")
  }
}
