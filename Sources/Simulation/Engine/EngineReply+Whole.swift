internal import JSONFields
internal import Vocabulary

extension EngineReply {
  /// Appends the whole answer.
  func writeWhole(kv: KVText?, to buffer: inout ByteBuffer) {
    guard request.endpoint != .native else { return writeNative(to: &buffer) }
    writeWholeHead(to: &buffer)
    for index in choices.indices {
      if index > 0 { buffer.append(",") }
      switch request.endpoint {
      case .native: break
      case .completions: writeCompletion(index, to: &buffer)
      case .chat: writeMessage(index, to: &buffer)
      case .generate: writeGenerated(index, to: &buffer)
      }
    }
    buffer.append("]")
    if request.endpoint != .generate {
      buffer.append(",\"service_tier\":null,\"system_fingerprint\":")
      buffer.append(jsonString: configuration.fingerprint)
    }
    writeUsage(to: &buffer)
    if request.endpoint == .chat {
      buffer.append(",\"prompt_logprobs\":null,\"prompt_token_ids\":")
      writePromptIDs(choice: 0, to: &buffer)
      buffer.append(",\"prompt_text\":null")
    }
    if request.endpoint == .generate { buffer.append(",\"prompt_logprobs\":null") }
    buffer.append(",\"kv_transfer_params\":")
    if let kv { kv.write(to: &buffer) } else { buffer.append("null") }
    if request.endpoint != .generate {
      buffer.append(",\"ec_transfer_params\":null,\"metrics\":null")
    }
    buffer.append("}")
  }

  /// Appends ids when the client asked for them, null otherwise.
  func writeTokenIDs(_ ids: [UInt32], to buffer: inout ByteBuffer) {
    guard request.returnsTokenIDs else { return buffer.append("null") }
    buffer.append("[")
    buffer.append(commaSeparated: ids)
    buffer.append("]")
  }

  /// Appends the ids of a choice's prompt when the client asked for them, null otherwise.
  func writePromptIDs(choice: Int, to buffer: inout ByteBuffer) {
    writeTokenIDs(request.prompts[choice / request.n], to: &buffer)
  }

  private func writeWholeHead(to buffer: inout ByteBuffer) {
    if request.endpoint == .generate {
      buffer.append("{\"request_id\":")
      buffer.append(jsonString: request.answerID)
      buffer.append(",\"choices\":[")
      return
    }
    buffer.append("{\"id\":")
    buffer.append(jsonString: request.answerID)
    let object = request.endpoint == .chat ? "chat.completion" : "text_completion"
    buffer.append(",\"object\":\"\(object)\",\"created\":\(created),\"model\":")
    buffer.append(jsonString: request.model)
    buffer.append(",\"choices\":[")
  }

  private func writeCompletion(_ index: Int, to buffer: inout ByteBuffer) {
    buffer.append("{\"index\":\(index),\"text\":")
    buffer.append(jsonString: choices[index].text)
    writeEnding(index, to: &buffer)
    buffer.append(",\"prompt_logprobs\":null,\"prompt_token_ids\":")
    writePromptIDs(choice: index, to: &buffer)
    buffer.append(",\"routed_experts\":null}")
  }

  private func writeMessage(_ index: Int, to buffer: inout ByteBuffer) {
    buffer.append("{\"index\":\(index),\"message\":{\"role\":\"assistant\",\"content\":")
    buffer.append(jsonString: choices[index].text)
    buffer.append(",\"refusal\":null,\"annotations\":null,\"audio\":null,\"function_call\":null,")
    buffer.append("\"reasoning\":null}")
    writeEnding(index, to: &buffer)
    buffer.append(",\"routed_experts\":null}")
  }

  private func writeGenerated(_ index: Int, to buffer: inout ByteBuffer) {
    buffer.append("{\"index\":\(index),\"logprobs\":null,\"finish_reason\":")
    buffer.append(jsonStringOrNull: choices[index].reason?.rawValue)
    buffer.append(",\"token_ids\":[")
    buffer.append(commaSeparated: choices[index].tokens)
    buffer.append("]}")
  }

  private func writeEnding(_ index: Int, to buffer: inout ByteBuffer) {
    buffer.append(",\"logprobs\":null,\"finish_reason\":")
    buffer.append(jsonStringOrNull: choices[index].reason?.rawValue)
    buffer.append(",\"stop_reason\":")
    buffer.append(jsonStringOrNull: choices[index].stop)
    buffer.append(",\"token_ids\":")
    writeTokenIDs(choices[index].tokens, to: &buffer)
  }

  private func writeUsage(to buffer: inout ByteBuffer) {
    buffer.append(",\"usage\":{\"prompt_tokens\":\(usage.prompt),\"total_tokens\":\(usage.total),")
    buffer.append("\"completion_tokens\":\(usage.completion),\"prompt_tokens_details\":")
    if configuration.reportsCachedTokens {
      buffer.append("{\"cached_tokens\":\(usage.cached)}")
    } else {
      buffer.append("null")
    }
    buffer.append(",\"completion_tokens_details\":null}")
  }
}
