internal import JSONFields

extension EngineRequestReader {
  /// Reads how many tokens and choices are wanted and what ends an answer.
  func readSampling(
    _ fields: JSONValue?, into request: inout EngineRequest
  ) throws(EngineRefusal) {
    guard let fields, fields.kind == .object else { return }
    let isNative = request.endpoint == .native
    request.maxTokens = try integer(fields, isNative ? "max_new_tokens" : "max_tokens")
    if request.endpoint == .chat, let tokens = try integer(fields, "max_completion_tokens") {
      request.maxTokens = tokens
    }
    request.minTokens = try integer(fields, isNative ? "min_new_tokens" : "min_tokens") ?? 0
    request.n = try integer(fields, "n") ?? 1
    request.ignoresEnd = try bool(fields, "ignore_eos") ?? false
    request.includesStop = try bool(fields, "include_stop_str_in_output") ?? false
    request.stops = try stops(fields)
    try checkSampling(request)
  }

  /// An integer field; nil when absent or null.
  func integer(_ fields: JSONValue, _ name: StaticString) throws(EngineRefusal) -> Int? {
    guard let value = fields[name], !value.isNull else { return nil }
    if let number = value.integer { return number }
    if let text = value.string, let number = Int(text) { return number }
    let kind = value.kind == .string ? "int_parsing" : "int_type"
    let reason = value.kind == .string ? ", unable to parse string as an integer" : ""
    throw .invalidBody(kind, at: "body.\(name)", "Input should be a valid integer\(reason)")
  }

  /// A true or false field; nil when absent or null.
  func bool(_ fields: JSONValue, _ name: StaticString) throws(EngineRefusal) -> Bool? {
    guard let value = fields[name], !value.isNull else { return nil }
    if let flag = value.bool { return flag }
    throw .invalidBody("bool_type", at: "body.\(name)", "Input should be a valid boolean")
  }

  private func stops(_ fields: JSONValue) throws(EngineRefusal) -> [String] {
    guard let value = fields["stop"], !value.isNull else { return [] }
    let stops = value.string.map { [$0] } ?? value.elements.compactMap(\.string)
    if stops.contains("") { throw .badRequest("stop cannot contain an empty string.") }
    return stops
  }

  private func checkSampling(_ request: EngineRequest) throws(EngineRefusal) {
    if request.n < 1 { throw .badRequest("n must be at least 1, got \(request.n).") }
    if let tokens = request.maxTokens, tokens < 1 {
      throw .badRequest(
        "max_tokens must be at least 1, got \(tokens). (parameter=max_tokens, value=\(tokens))",
        parameter: "max_tokens")
    }
    if request.minTokens < 0 {
      throw .badRequest(
        "min_tokens must be greater than or equal to 0, got \(request.minTokens).")
    }
    let most = request.maxTokens ?? request.endpoint.defaultTokens ?? Int.max
    if request.minTokens > most {
      throw .badRequest(
        "min_tokens must be less than or equal to max_tokens=\(most), got \(request.minTokens).")
    }
  }
}
