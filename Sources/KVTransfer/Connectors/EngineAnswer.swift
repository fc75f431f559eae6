internal import JSONFields
internal import Vocabulary

/// One answer of a vLLM prefill engine, validated, and the few things that every connector asks it.
///
/// One pass validates it and finds the parameters; the counts of `usage` are read where vLLM writes
/// them, before the parameters, so finding them is a short walk. Borrows the bytes.
struct EngineAnswer {
  /// The known fields of the answer.
  let fields: JSONFields
  private let bytes: UnsafeRawBufferPointer

  /// An answer from its bytes, which must be a JSON object.
  init(_ bytes: UnsafeRawBufferPointer) throws(JSONError) {
    fields = try JSONFields(validating: bytes)
    self.bytes = bytes
  }

  /// The value of `kv_transfer_params`, if there is one.
  var parameters: JSONValue? {
    fields[.kvTransferParams].map { JSONValue(at: $0, of: bytes) }
  }

  /// `usage.prompt_tokens`.
  var promptTokens: TokenCount? {
    let root = JSONValue(at: JSONSpan(kind: .object, range: fields.range), of: bytes)
    let usage = root.members.first { $0.name == "usage" }?.value
    return (usage?["prompt_tokens"]).flatMap(EngineAnswer.count)
  }

  /// The answer's parameters if they are an object of an acceptable size, or why not.
  func usableParameters() -> (value: JSONValue?, absence: HandleAbsence?) {
    guard let parameters, !parameters.isNull else { return (nil, .notGiven) }
    guard parameters.kind == .object else { return (nil, .notAnObject) }
    guard parameters.rawRange.count <= EngineAnswer.maximumParameterBytes else {
      return (nil, .tooLarge)
    }
    return (parameters, nil)
  }

  /// The most parameters accepted, in bytes: a million tokens are 62,500 blocks, 0.5 MB per cache
  /// group.
  static let maximumParameterBytes = 4 * 1024 * 1024

  /// `value` as a count of tokens, if it is one.
  static func count(_ value: JSONValue) -> TokenCount? {
    guard let number = value.integer, number >= 0 else { return nil }
    return TokenCount(number)
  }
}
