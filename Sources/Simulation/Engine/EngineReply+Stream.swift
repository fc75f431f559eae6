internal import JSONFields
internal import Vocabulary

extension EngineReply {
  /// Appends the chunk a chat stream begins with.
  func writeRoleChunk(_ index: Int, to buffer: inout ByteBuffer) {
    writeChunkHead(to: &buffer)
    buffer.append("{\"index\":\(index),\"delta\":{\"role\":\"assistant\",\"content\":\"\"},")
    buffer.append("\"logprobs\":null,\"finish_reason\":null}]")
    writeChunkUsage(to: &buffer)
    buffer.append(",\"prompt_token_ids\":")
    writePromptIDs(choice: index, to: &buffer)
    buffer.append(",\"prompt_text\":null}\n\n")
  }

  /// Appends the chunk of one token, of the end of a choice, or of both.
  func writeChunk(
    _ index: Int, _ token: EngineToken?, finish: EngineFinish?, to buffer: inout ByteBuffer
  ) {
    guard request.endpoint != .native else { return writeNativeEvent(index, to: &buffer) }
    writeChunkHead(to: &buffer)
    switch request.endpoint {
    case .native: break
    case .completions: writeCompletionChoice(index, token, finish, to: &buffer)
    case .chat: writeChatChoice(index, token, finish, to: &buffer)
    case .generate: writeGenerateChoice(index, token, finish, to: &buffer)
    }
    buffer.append("]")
    writeChunkUsage(to: &buffer)
    let isVeryLast = finish?.endsRequest == true && !request.includesUsage
    if isVeryLast && request.endpoint != .generate { writeFingerprint(to: &buffer) }
    buffer.append("}\n\n")
  }

  /// Appends the chunk with usage and no choices.
  func writeUsageChunk(to buffer: inout ByteBuffer) {
    writeChunkHead(to: &buffer)
    buffer.append("],\"usage\":{\"prompt_tokens\":\(usage.prompt),")
    buffer.append("\"total_tokens\":\(usage.total),\"completion_tokens\":\(usage.completion)")
    if configuration.reportsCachedTokens {
      buffer.append(",\"prompt_tokens_details\":{\"cached_tokens\":\(usage.cached)}")
    }
    buffer.append("}")
    if request.endpoint != .generate { writeFingerprint(to: &buffer) }
    buffer.append("}\n\n")
  }

  private func writeChunkHead(to buffer: inout ByteBuffer) {
    if request.endpoint == .generate {
      buffer.append("data: {\"request_id\":")
      buffer.append(jsonString: request.answerID)
      buffer.append(",\"choices\":[")
      return
    }
    buffer.append("data: {\"id\":")
    buffer.append(jsonString: request.answerID)
    let object = request.endpoint == .chat ? "chat.completion.chunk" : "text_completion"
    buffer.append(",\"object\":\"\(object)\",\"created\":\(created),\"model\":")
    buffer.append(jsonString: request.model)
    buffer.append(",\"choices\":[")
  }

  private func writeCompletionChoice(
    _ index: Int, _ token: EngineToken?, _ finish: EngineFinish?, to buffer: inout ByteBuffer
  ) {
    buffer.append("{\"index\":\(index),\"text\":")
    buffer.append(jsonString: token?.text ?? "")
    buffer.append(",\"logprobs\":null,\"finish_reason\":")
    buffer.append(jsonStringOrNull: finish?.reason.rawValue)
    buffer.append(",\"stop_reason\":")
    buffer.append(jsonStringOrNull: finish?.stop)
    buffer.append(",\"prompt_token_ids\":")
    if token?.index == 0 {
      writePromptIDs(choice: index, to: &buffer)
    } else {
      buffer.append("null")
    }
    buffer.append(",\"token_ids\":")
    writeTokenIDs(token.map { [$0.id] } ?? [], to: &buffer)
    buffer.append("}")
  }

  private func writeChatChoice(
    _ index: Int, _ token: EngineToken?, _ finish: EngineFinish?, to buffer: inout ByteBuffer
  ) {
    buffer.append("{\"index\":\(index),\"delta\":{\"content\":")
    buffer.append(jsonString: token?.text ?? "")
    buffer.append("},\"logprobs\":null,\"finish_reason\":")
    buffer.append(jsonStringOrNull: finish?.reason.rawValue)
    if let finish {
      buffer.append(",\"stop_reason\":")
      buffer.append(jsonStringOrNull: finish.stop)
    }
    buffer.append(",\"token_ids\":")
    writeTokenIDs(token.map { [$0.id] } ?? [], to: &buffer)
    buffer.append("}")
  }

  private func writeGenerateChoice(
    _ index: Int, _ token: EngineToken?, _ finish: EngineFinish?, to buffer: inout ByteBuffer
  ) {
    buffer.append("{\"index\":\(index),\"logprobs\":null,\"finish_reason\":")
    buffer.append(jsonStringOrNull: finish?.reason.rawValue)
    buffer.append(",\"token_ids\":[")
    if let token { buffer.append(decimal: Int(token.id)) }
    buffer.append("]}")
  }

  private func writeChunkUsage(to buffer: inout ByteBuffer) {
    guard request.includesUsageInChunks else { return }
    buffer.append(",\"usage\":{\"prompt_tokens\":\(usage.prompt),")
    buffer.append("\"total_tokens\":\(usage.total),\"completion_tokens\":\(usage.completion),")
    buffer.append("\"completion_tokens_details\":null}")
  }

  private func writeFingerprint(to buffer: inout ByteBuffer) {
    buffer.append(",\"system_fingerprint\":")
    buffer.append(jsonString: configuration.fingerprint)
  }
}
