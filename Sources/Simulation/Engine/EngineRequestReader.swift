internal import JSONFields
internal import Vocabulary

/// Reads the body of a generating request as vLLM 0.32.0 would, with its refusals (measured).
///
/// Unknown fields are ignored; temperature, logprobs and echo change nothing. A value of a wrong
/// type is refused only where a test could tell. The first of several faults is reported.
package struct EngineRequestReader: Sendable {
  /// The engine that reads.
  package let configuration: EngineConfiguration

  /// A reader for an engine.
  package init(_ configuration: EngineConfiguration) {
    self.configuration = configuration
  }

  /// The request in `body`, sent to `endpoint` with `requestID` (the header, or one made up).
  ///
  /// Throws the answer to give instead. On a refusal the server passes the parameters that
  /// `kvParameters(in:)` finds to `EngineScheduler.refuse`.
  package func read(
    _ body: UnsafeRawBufferPointer, for endpoint: EngineEndpoint, requestID: String
  ) throws(EngineRefusal) -> EngineRequest {
    let fields = try object(body)
    try checkModel(fields)
    let isSGLang = configuration.connector == .sglang
    let kv =
      isSGLang ? try room(fields) : KVParameters(fields["kv_transfer_params"])
    let prompts = try prompts(fields, endpoint, kv)
    var request = EngineRequest(requestID: requestID, prompts: prompts)
    request.endpoint = endpoint
    request.model = fields["model"]?.string ?? configuration.model
    request.kv = kv
    request.hasPlainID = isSGLang
    if isSGLang, let rid = fields["rid"]?.string, !rid.isEmpty { request.requestID = rid }
    let isNested = endpoint == .generate || endpoint == .native
    try readSampling(isNested ? fields["sampling_params"] : fields, into: &request)
    try readDelivery(fields, into: &request)
    try checkLengths(of: request)
    // SGLang's prefill takes the client's own body and makes one token of it.
    if isSGLang, kv?.doRemoteDecode == true {
      request.maxTokens = 1
      request.minTokens = min(request.minTokens, 1)
    }
    return request
  }

  /// The transfer parameters of a body, whatever else is wrong with it.
  package func kvParameters(in body: UnsafeRawBufferPointer) -> KVParameters? {
    guard let fields = try? JSONValue(validating: body) else { return nil }
    return KVParameters(fields["kv_transfer_params"])
  }

  /// The token ids of a `POST /tokenize` body: a prompt, or messages under the chat template.
  package func readTokenize(_ body: UnsafeRawBufferPointer) throws(EngineRefusal) -> [UInt32] {
    let fields = try object(body)
    try checkModel(fields)
    if let text = fields["prompt"]?.string { return EngineTokenizer.tokens(of: text) }
    return EngineTokenizer.tokens(of: try chatText(fields))
  }

  /// The text of a `POST /detokenize` body's tokens.
  package func readDetokenize(_ body: UnsafeRawBufferPointer) throws(EngineRefusal) -> String {
    let fields = try object(body)
    try checkModel(fields)
    guard let tokens = fields["tokens"], tokens.kind == .array else {
      throw .invalidBody("missing", at: "body.tokens", "Field required")
    }
    return EngineTokenizer.text(of: try tokenIDs(tokens))
  }

  func object(_ body: UnsafeRawBufferPointer) throws(EngineRefusal) -> JSONValue {
    let value: JSONValue
    do {
      value = try JSONValue(validating: body)
    } catch {
      throw .invalidBody("json_invalid", at: "body.\(error.offset)", "JSON decode error")
    }
    guard value.kind == .object else {
      throw .invalidBody(
        "model_attributes_type", at: "body",
        "Input should be a valid dictionary or object to extract fields from")
    }
    return value
  }

  func checkModel(_ fields: JSONValue) throws(EngineRefusal) {
    guard let model = fields["model"], !model.isNull else { return }
    guard let name = model.string else {
      throw .invalidBody("string_type", at: "body.model", "Input should be a valid string")
    }
    if name != configuration.model {
      throw .unknownModel(name, served: configuration.model)
    }
  }

  private func readDelivery(
    _ fields: JSONValue, into request: inout EngineRequest
  ) throws(EngineRefusal) {
    request.streams = try bool(fields, "stream") ?? false
    request.returnsTokenIDs = try bool(fields, "return_token_ids") ?? false
    request.cacheSalt = fields["cache_salt"]?.string ?? ""
    guard let options = fields["stream_options"], !options.isNull else { return }
    guard request.streams else {
      throw .badRequest(
        "Stream options can only be defined when `stream=True`.", parameter: "stream_options")
    }
    request.includesUsage = options["include_usage"]?.bool ?? false
    request.includesUsageInChunks =
      request.includesUsage && options["continuous_usage_stats"]?.bool ?? false
  }

  private func checkLengths(of request: EngineRequest) throws(EngineRefusal) {
    let most = configuration.maxModelLength
    if let tokens = request.maxTokens, tokens > most {
      throw .badRequest(
        "max_tokens=\(tokens) cannot be greater than max_model_len=\(most). "
          + "Please request fewer output tokens. (parameter=max_tokens, value=\(tokens))",
        parameter: "max_tokens")
    }
    for prompt in request.prompts where prompt.count >= most {
      throw .badRequest(
        "This model's maximum context length is \(most) tokens. However, your prompt contains "
          + "\(prompt.count) input tokens, which exceeds this limit even without any output "
          + "tokens. Please reduce the length of the input prompt. "
          + "(parameter=input_tokens, value=\(prompt.count))", parameter: "input_tokens")
    }
    let (choices, overflow) = request.prompts.count.multipliedReportingOverflow(by: request.n)
    if overflow || choices > configuration.maxChoices {
      throw .badRequest("n must be at most \(configuration.maxChoices), got \(request.n).")
    }
  }
}
