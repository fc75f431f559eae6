internal import JSONFields
internal import Vocabulary

/// Why a request to the worker API is refused, with the codes of the baseline.
struct AdminRefusal: Error, Equatable {
  /// 4xx or 503.
  let status: Int
  /// One word for programs.
  let code: StaticString
  /// One sentence for people.
  let message: String

  /// OpenAI's error object; `code` stands beside it too, where the baseline has it.
  func append(to body: inout ByteBuffer) {
    body.append("{\"error\":{\"message\":")
    body.append(jsonString: message)
    body.append(",\"type\":\"")
    body.append(status == 404 ? "not_found_error" : "invalid_request_error")
    body.append("\",\"param\":null,\"code\":\"")
    body.append(code)
    body.append("\"},\"code\":\"")
    body.append(code)
    body.append("\"}")
  }

  /// Two refusals that say the same.
  static func == (left: AdminRefusal, right: AdminRefusal) -> Bool {
    left.status == right.status && left.code.description == right.code.description
      && left.message == right.message
  }
}
