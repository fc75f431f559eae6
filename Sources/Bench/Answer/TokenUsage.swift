internal import JSONFields

/// What an engine says it has read and written for a request (OpenAI's `usage`).
struct TokenUsage: Equatable {
  /// A number that no request reaches: more is a mistake of whoever says so.
  private static let mostTokens = 1 << 40

  /// Tokens of the prompt, where told.
  var prompt: Int?
  /// Tokens of the answer, where told.
  var completion: Int?
  /// Tokens of the prompt that were in a cache, where told.
  var cached: Int?

  /// Reads the object; nil when it is none.
  init?(_ value: JSONValue) {
    guard value.kind == .object else { return nil }
    func count(_ value: JSONValue?) -> Int? {
      value?.integer.flatMap { (0...TokenUsage.mostTokens).contains($0) ? $0 : nil }
    }
    prompt = count(value["prompt_tokens"])
    completion = count(value["completion_tokens"])
    cached = count(value["prompt_tokens_details"]?["cached_tokens"])
  }
}
