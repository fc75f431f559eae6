internal import JSONFields

/// Reads prefill answers of vLLM's MoRI-IO connector. Pure.
enum MoRIIOAnswer {
  /// What `bytes` say, which must be a JSON object.
  ///
  /// In READ mode the handle counts only with the members without which decode computes the prompt
  /// again or raises an error. In WRITE mode nobody waits for it.
  static func read(_ bytes: UnsafeRawBufferPointer) throws(JSONError) -> PrefillAnswer {
    let answer = try EngineAnswer(bytes)
    var result = read(answer)
    result.promptTokens = answer.promptTokens
    return result
  }

  /// Whether `parameters`, a validated object, say how many ranks prefill has.
  static func namesRanks(_ parameters: UnsafeRawBufferPointer) -> Bool {
    let root = JSONValue(
      at: JSONSpan(kind: .object, range: 0..<parameters.count), of: parameters)
    return root["remote_dp_size"]?.kind == .number
  }

  private static func read(_ answer: EngineAnswer) -> PrefillAnswer {
    let (parameters, absence) = answer.usableParameters()
    guard let parameters else { return PrefillAnswer(absence: absence ?? .notGiven) }
    guard parameters["do_remote_prefill"]?.bool == true,
      parameters["remote_block_ids"]?.kind == .array,
      parameters["transfer_id"]?.kind == .string,
      let engine = parameters["remote_engine_id"], engine.kind == .string
    else { return PrefillAnswer(absence: .incomplete) }
    var result = PrefillAnswer(parameters: parameters.rawRange)
    let id = UnsafeRawBufferPointer(rebasing: engine.raw.dropFirst().dropLast())
    result.engine = KVEngineIdentity(engineID: id)
    return result
  }
}
