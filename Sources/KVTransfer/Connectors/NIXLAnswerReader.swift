internal import JSONFields
internal import Vocabulary

/// Reads one prefill answer of vLLM's NIXL connector.
///
/// One pass validates the answer and finds the parameters, a second walks over those; the counts of
/// `usage` are read where vLLM writes them, before the parameters, so finding them is a short walk.
/// A repeated name in the parameters counts with its last value, as in the engine.
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
    var members = NIXLMembers(answer: PrefillAnswer(parameters: parameters.rawRange))
    for member in parameters.members { members.note(member.name, member.value) }
    return members.areComplete ? members.answer : PrefillAnswer(absence: .incomplete)
  }

  private static func count(_ value: JSONValue) -> TokenCount? {
    guard let number = value.integer, number >= 0 else { return nil }
    return TokenCount(number)
  }

  /// What is known of the parameters' members so far.
  ///
  /// Six of them decode cannot do without (vLLM 0.13 to 0.33).
  private struct NIXLMembers {
    var answer: PrefillAnswer
    private var found: UInt8 = 0

    init(answer: PrefillAnswer) {
      self.answer = answer
    }

    var areComplete: Bool { found == 0b11_1111 }

    mutating func note(_ name: String, _ value: JSONValue) {
      switch name {
      case "do_remote_prefill": mark(0, value.bool == true)
      case "remote_block_ids": mark(1, value.kind == .array)
      case "remote_engine_id":
        mark(2, value.kind == .string)
        answer.engine = engine(value)
      case "remote_request_id": mark(3, value.kind == .string)
      case "remote_host": mark(4, !value.isNull)
      case "remote_port": mark(5, !value.isNull)
      case "remote_num_tokens": answer.transferTokens = NIXLAnswerReader.count(value)
      case "remote_prefill_cached_tokens": answer.cachedTokens = NIXLAnswerReader.count(value)
      default: break
      }
    }

    private mutating func mark(_ bit: UInt8, _ isUsable: Bool) {
      if isUsable { found |= 1 << bit } else { found &= ~(1 << bit) }
    }

    private func engine(_ value: JSONValue) -> KVEngineIdentity? {
      guard value.kind == .string else { return nil }
      return KVEngineIdentity(
        engineID: UnsafeRawBufferPointer(rebasing: value.raw.dropFirst().dropLast()))
    }
  }
}
