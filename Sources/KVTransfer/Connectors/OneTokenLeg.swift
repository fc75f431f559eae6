internal import JSONFields

/// What the prefill legs of vLLM's connectors have in common: the client's request, cut down to one
/// token that is not streamed.
enum OneTokenLeg {
  /// Which ends of an answer leave the engine with a KV cache to hand over.
  enum Ending {
    /// Any regular one (NIXL).
    case anyStop
    /// Only the limit of tokens (Mooncake, MoRIIO): a first token that ends the text frees the
    /// cache, and the decode engine waits for it until its own timeout.
    case fullLength
  }

  /// Plans the leg, all but its `kv_transfer_params`.
  ///
  /// `min_tokens` 1 masks the tokens that would end the answer before its one token; a client's
  /// larger one would be refused beside `max_tokens` 1. `/v1/responses` has no `min_tokens`: there,
  /// where it matters, what could end the text is switched off.
  static func plan(
    of body: UnsafeRawBufferPointer,
    fields: borrowing JSONFields,
    shape: BodyShape,
    needing ending: Ending,
    into edits: inout BodyEdits
  ) throws(JSONError) {
    switch shape {
    case .chat, .completions, .generate: planLimits(into: &edits)
    case .responses: planResponse(needing: ending, into: &edits)
    case .tokensInOut: try planSamplingParameters(of: body, fields: fields, into: &edits)
    }
    edits.setIfPresent(.n, to: "1")
    edits.remove(.bestOf)
    edits.set(.stream, to: "false")
    edits.remove(.streamOptions)
  }

  private static func planLimits(into edits: inout BodyEdits) {
    edits.set(.maxTokens, to: "1")
    edits.setIfPresent(.maxCompletionTokens, to: "1")
    edits.set(.minTokens, to: "1")
  }

  private static func planResponse(needing ending: Ending, into edits: inout BodyEdits) {
    edits.set(.maxOutputTokens, to: "1")
    guard ending == .fullLength else { return }
    edits.set(.ignoreEos, to: "true")
    edits.remove(.stopTokenIds)
  }

  private static func planSamplingParameters(
    of body: UnsafeRawBufferPointer, fields: borrowing JSONFields, into edits: inout BodyEdits
  ) throws(JSONError) {
    guard let span = fields[.samplingParams], span.kind != .null else {
      edits.set(.samplingParams, to: "{\"max_tokens\":1,\"min_tokens\":1}")
      return
    }
    // Anything but an object is the engine's to refuse.
    guard let parameters = try fields.nested(.samplingParams, in: body) else { return }
    edits.set(.maxTokens, to: "1", in: parameters)
    edits.set(.minTokens, to: "1", in: parameters)
    edits.setIfPresent(.n, to: "1", in: parameters)
    edits.remove(.bestOf, in: parameters)
  }
}
