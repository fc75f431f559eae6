internal import JSONFields
internal import Vocabulary

/// Reads one prefill answer of vLLM's NIXL connector.
///
/// One pass validates the answer and finds the parameters, a second walks over those. A repeated
/// name in the parameters counts with its last value, as in the engine.
struct NIXLAnswerReader {
  private let answer: EngineAnswer
  private let bytes: UnsafeRawBufferPointer
  private let sharesPromptTokens: Bool

  /// A reader of `bytes`, which must be a JSON object; it looks for the prompt's token ids only if
  /// they are to be shared with decode.
  init(_ bytes: UnsafeRawBufferPointer, sharesPromptTokens: Bool) throws(JSONError) {
    answer = try EngineAnswer(bytes)
    self.bytes = bytes
    self.sharesPromptTokens = sharesPromptTokens
  }

  /// What the answer says.
  func read() -> PrefillAnswer {
    var result = readParameters()
    result.promptTokens = answer.promptTokens
    return result
  }

  private func readParameters() -> PrefillAnswer {
    let (parameters, absence) = answer.usableParameters()
    guard let parameters else { return PrefillAnswer(absence: absence ?? .notGiven) }
    var members = NIXLParameters()
    for member in parameters.members { members.note(member.name, member.value) }
    guard members.areComplete else { return PrefillAnswer(absence: .incomplete) }
    var result = PrefillAnswer(parameters: parameters.rawRange)
    result.engine = members.engine
    result.identity = members.identity
    result.transferTokens = members.transferTokens
    result.cachedTokens = members.cachedTokens
    if sharesPromptTokens, !members.holdPromptTokens {
      result.promptTokenIDs = promptTokenIDs(beside: parameters.rawRange.count)
    }
    return result
  }

  /// Where the prompt's token ids stand, if they are a list that decode will take and that still
  /// fits beside so many bytes of parameters.
  private func promptTokenIDs(beside count: Int) -> Range<Int>? {
    guard let span = answer.fields[.promptTokenIds], span.kind == .array,
      count + span.range.count + NIXLConnector.promptTokensName.utf8CodeUnitCount
        <= EngineAnswer.maximumParameterBytes,
      NIXLAnswerReader.isTokenList(UnsafeRawBufferPointer(rebasing: bytes[span.range]))
    else { return nil }
    return span.range
  }

  /// Whether a validated array holds at least one number and nothing but whole numbers not below
  /// zero: vLLM refuses the request otherwise.
  ///
  /// No early exit, so that it compiles to vector code: a prompt has some six bytes a token.
  private static func isTokenList(_ array: UnsafeRawBufferPointer) -> Bool {
    var others = 0
    var digits = 0
    for byte in array.dropFirst().dropLast() {
      let isDigit = byte &- UInt8(ascii: "0") < 10
      // In a valid array, what is not above 0x20 is white space.
      let isBetween = byte <= 0x20 || byte == UInt8(ascii: ",")
      digits &+= isDigit ? 1 : 0
      others &+= isDigit || isBetween ? 0 : 1
    }
    return others == 0 && digits > 0
  }
}
