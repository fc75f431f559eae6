internal import JSONFields
internal import KVTransfer
internal import Vocabulary

/// The request that gives a KV handle back: pure bytes.
enum KVRelease {
  /// Where the request goes.
  static func path(means: KVReleaseMeans, chat: Bool) -> StaticString {
    switch means {
    case .rejection: "/v1/completions"
    case .attachment: chat ? "/v1/chat/completions" : "/v1/completions"
    case .abortRequest: "/abort_request"
    }
  }

  /// Appends its body, for the handle with these `parameters`.
  ///
  /// `model` is the request's model as raw JSON, or nothing; `number` makes a name that no model
  /// has.
  static func appendBody(
    means: KVReleaseMeans, parameters: UnsafeRawBufferPointer, model: UnsafeRawBufferPointer,
    number: (UInt64, UInt64), chat: Bool, to body: inout ByteBuffer
  ) {
    switch means {
    case .abortRequest: appendAbort(parameters, to: &body)
    case .rejection:
      body.append("{\"model\":\"__release__")
      appendDigits(number.0, to: &body)
      appendDigits(number.1, to: &body)
      body.append("\",\"prompt\":[0],")
      appendEnd(parameters, to: &body)
    case .attachment:
      body.append("{")
      if !model.isEmpty {
        body.append("\"model\":")
        body.append(model)
        body.append(",")
      }
      body.append(
        chat
          ? "\"messages\":[{\"role\":\"user\",\"content\":\"0\"}]," as StaticString
          : "\"prompt\":[0],")
      appendEnd(parameters, to: &body)
    }
  }

  private static func appendEnd(_ parameters: UnsafeRawBufferPointer, to body: inout ByteBuffer) {
    body.append("\"max_tokens\":1,\"kv_transfer_params\":")
    body.append(parameters)
    body.append("}")
  }

  private static func appendAbort(_ parameters: UnsafeRawBufferPointer, to body: inout ByteBuffer) {
    body.append("{\"rid\":")
    if let value = try? JSONValue(validating: parameters), let name = value["rid"] {
      body.append(name.raw)
    } else {
      body.append("\"\"")
    }
    body.append("}")
  }

  private static func appendDigits(_ number: UInt64, to body: inout ByteBuffer) {
    for shift in stride(from: 60, through: 0, by: -4) {
      body.append(hexadecimal: UInt(number >> UInt64(shift) & 15))
    }
  }
}
