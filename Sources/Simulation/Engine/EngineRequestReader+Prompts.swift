internal import JSONFields

extension EngineRequestReader {
  /// The token ids of every prompt of a body.
  func prompts(
    _ fields: JSONValue, _ endpoint: EngineEndpoint, _ kv: KVParameters?
  ) throws(EngineRefusal) -> [[UInt32]] {
    switch endpoint {
    case .completions:
      return try completionPrompts(fields["prompt"])
    case .chat:
      let text = try chatText(fields)
      if let tokens = kv?.promptTokens, !tokens.isEmpty {
        try checkVocabulary(tokens)
        return [tokens]
      }
      return [EngineTokenizer.tokens(of: text)]
    case .native:
      if let ids = fields["input_ids"], !ids.isNull { return try completionPrompts(ids) }
      return try completionPrompts(fields["text"])
    case .generate:
      guard let value = fields["token_ids"], value.kind == .array else {
        throw .invalidBody("missing", at: "body.token_ids", "Field required")
      }
      let tokens = try tokenIDs(value)
      if tokens.isEmpty { throw .badRequest("The decoder prompt cannot be empty") }
      return [tokens]
    }
  }

  /// The chat template's text for a body's messages.
  func chatText(_ fields: JSONValue) throws(EngineRefusal) -> String {
    guard let value = fields["messages"], value.kind == .array else {
      throw .invalidBody("missing", at: "body.messages", "Field required")
    }
    var messages: [ChatTemplate.Message] = []
    for element in value.elements {
      guard let role = element["role"]?.string else {
        throw .invalidBody("missing", at: "body.messages.\(messages.count).role", "Field required")
      }
      messages.append(ChatTemplate.Message(role: role, text: text(of: element["content"])))
    }
    if messages.isEmpty {
      throw .badRequest(
        "Cannot apply chat template to an empty conversation. Provide at least one message.")
    }
    let opensAnswer = fields["add_generation_prompt"]?.bool ?? true
    return ChatTemplate.render(messages, opensAnswer: opensAnswer)
  }

  /// An array of token ids, each within the vocabulary.
  func tokenIDs(_ array: JSONValue) throws(EngineRefusal) -> [UInt32] {
    var tokens: [UInt32] = []
    for element in array.elements {
      guard let number = element.integer else {
        throw .invalidBody("int_type", at: "body.prompt", "Input should be a valid integer")
      }
      guard let token = UInt32(exactly: number), token < EngineTokenizer.vocabularySize else {
        throw .badRequest("Token id \(number) is out of vocabulary")
      }
      tokens.append(token)
    }
    return tokens
  }

  private func completionPrompts(_ value: JSONValue?) throws(EngineRefusal) -> [[UInt32]] {
    let missing = EngineRefusal.badRequest(
      "Either prompt or prompt_embeds must be provided and non-empty. (parameter=prompt)",
      parameter: "prompt")
    guard let value, !value.isNull else { throw missing }
    if let text = value.string {
      guard !text.isEmpty else { throw missing }
      return [EngineTokenizer.tokens(of: text)]
    }
    guard value.kind == .array else {
      throw .invalidBody("string_type", at: "body.prompt", "Input should be a valid string")
    }
    guard let first = value[0] else { throw .badRequest("You must pass at least one prompt") }
    if first.kind == .number { return [try tokenIDs(value)] }
    var prompts: [[UInt32]] = []
    for element in value.elements {
      let text = element.string
      let tokens = if let text { EngineTokenizer.tokens(of: text) } else { try tokenIDs(element) }
      guard !tokens.isEmpty else { throw missing }
      prompts.append(tokens)
    }
    return prompts
  }

  // Text parts are joined; a simulated model sees no others.
  private func text(of content: JSONValue?) -> String {
    guard let content else { return "" }
    if let text = content.string { return text }
    return content.elements.compactMap { $0["text"]?.string }.joined()
  }

  private func checkVocabulary(_ tokens: [UInt32]) throws(EngineRefusal) {
    for token in tokens where token >= EngineTokenizer.vocabularySize {
      throw .badRequest("Token id \(token) is out of vocabulary")
    }
  }
}
