internal import JSONFields
internal import Vocabulary

/// Reads one prefill answer of vLLM's NIXL connector.
///
/// One pass validates the answer and finds the parameters, a second walks over those; the counts of
/// `usage` are read where vLLM writes them, before the parameters, so finding them is a short walk. A
/// repeated name in the parameters counts with its last value, as in the engine.
struct NIXLAnswerReader {
  private let parameters: JSONValue?
  private let usage: JSONValue?

  /// A reader of `answer`, which must be a JSON object.
  init(_ answer: UnsafeRawBufferPointer) throws(JSONError) {
    let fields = try JSONFields(validating: answer)
    parameters = fields[.kvTransferParams].map { JSONValue(at: $0, of: answer) }
    let root = JSONValue(at: JSONSpan(kind: .object, range: fields.range), of: answer)
    usage = root.members.first { $0.name == "usage" }?.value
  }

  /// What the answer says.
  func read() -> PrefillAnswer {
    var answer = readParameters()
    answer.promptTokens = (usage?["prompt_tokens"]).flatMap(NIXLAnswerReader.count)
    return answer
  }

  private func readParameters() -> PrefillAnswer {
    guard let parameters, !parameters.isNull else { return PrefillAnswer(absence: .notGiven) }
    guard parameters.kind == .object else { return PrefillAnswer(absence: .notAnObject) }
    guard parameters.rawRange.count <= NIXLPullConnector.maximumParameterBytes else {
      return PrefillAnswer(absence: .tooLarge)
    }
    var required = RequiredMembers()
    var answer = PrefillAnswer(parameters: parameters.rawRange)
    for member in parameters.members {
      required.note(member.name, member.value)
      switch member.name {
      case "remote_engine_id": answer.engine = NIXLAnswerReader.engine(member.value)
      case "remote_num_tokens": answer.transferTokens = NIXLAnswerReader.count(member.value)
      case "remote_prefill_cached_tokens":
        answer.cachedTokens = NIXLAnswerReader.count(member.value)
      default: break
      }
    }
    return required.areComplete ? answer : PrefillAnswer(absence: .incomplete)
  }

  private static func engine(_ value: JSONValue) -> KVEngineIdentity? {
    guard value.kind == .string else { return nil }
    return KVEngineIdentity(
      engineID: UnsafeRawBufferPointer(rebasing: value.raw.dropFirst().dropLast()))
  }

  private static func count(_ value: JSONValue) -> TokenCount? {
    guard let number = value.integer, number >= 0 else { return nil }
    return TokenCount(number)
  }

  /// The six members without which vLLM's decode side cannot use the parameters (0.13 to 0.33).
  private struct RequiredMembers {
    private var found: UInt8 = 0

    var areComplete: Bool { found == 0b11_1111 }

    mutating func note(_ name: String, _ value: JSONValue) {
      switch name {
      case "do_remote_prefill": set(0, value.bool == true)
      case "remote_engine_id": set(1, value.kind == .string)
      case "remote_request_id": set(2, value.kind == .string)
      case "remote_host": set(3, !value.isNull)
      case "remote_port": set(4, !value.isNull)
      case "remote_block_ids": set(5, value.kind == .array)
      default: break
      }
    }

    private mutating func set(_ bit: UInt8, _ isUsable: Bool) {
      if isUsable { found |= 1 << bit } else { found &= ~(1 << bit) }
    }
  }
}
