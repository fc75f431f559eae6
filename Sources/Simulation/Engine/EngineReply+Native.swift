internal import JSONFields
internal import Vocabulary

// SGLang's `/generate`: one object for each answer, an array of them when there are several.
extension EngineReply {
  /// Appends the whole answer.
  func writeNative(to buffer: inout ByteBuffer) {
    if choices.count > 1 { buffer.append("[") }
    for index in choices.indices {
      if index > 0 { buffer.append(",") }
      writeNative(index, to: &buffer)
    }
    if choices.count > 1 { buffer.append("]") }
  }

  /// Appends an event with everything that one answer has so far.
  func writeNativeEvent(_ index: Int, to buffer: inout ByteBuffer) {
    buffer.append("data: ")
    writeNative(index, to: &buffer)
    buffer.append("\n\n")
  }

  private func writeNative(_ index: Int, to buffer: inout ByteBuffer) {
    let choice = choices[index]
    buffer.append("{\"text\":")
    buffer.append(jsonString: choice.text)
    buffer.append(",\"output_ids\":[")
    buffer.append(commaSeparated: choice.tokens)
    buffer.append("],\"meta_info\":{\"id\":")
    buffer.append(jsonString: request.answerID)
    buffer.append(",\"finish_reason\":")
    writeNativeReason(choice, to: &buffer)
    let prompt = request.prompts[index / request.n].count
    buffer.append(",\"prompt_tokens\":\(prompt),\"weight_version\":\"default\"")
    buffer.append(",\"completion_tokens\":\(choice.tokens.count)")
    buffer.append(",\"cached_tokens\":\(usage.cached)}")
    if request.streams && choices.count > 1 { buffer.append(",\"index\":\(index)") }
    buffer.append("}")
  }

  private func writeNativeReason(_ choice: Choice, to buffer: inout ByteBuffer) {
    guard let reason = choice.reason else { return buffer.append("null") }
    buffer.append("{\"type\":\"\(reason.rawValue)\"")
    switch reason {
    case .length: buffer.append(",\"length\":\(choice.tokens.count)")
    case .stop:
      buffer.append(",\"matched\":")
      if let stop = choice.stop {
        buffer.append(jsonString: stop)
      } else {
        buffer.append(decimal: Int(EngineTokenizer.endOfSequence))
      }
    case .abort: buffer.append(",\"message\":\"Abort in waiting queue\"")
    case .error: break
    }
    buffer.append("}")
  }
}
