/// One request as an engine understands it: prompts already tokenised, limits already checked.
package struct EngineRequest: Sendable {
  /// Where it came in; decides the shape of its answer.
  package var endpoint = EngineEndpoint.completions
  /// The client's `X-Request-Id`, or one the server made up; SGLang's `rid` when there is one.
  package var requestID: String
  /// Whether the answer's id is the request's, with nothing before it (SGLang).
  package var hasPlainID = false
  /// The model's name as the client wrote it; repeated in the answer.
  package var model = "tiny"
  /// One or more prompts, none empty.
  package var prompts: [[UInt32]]
  /// Choices per prompt, from 1.
  package var n = 1
  /// Most tokens of an answer, from 1; nil for the endpoint's default.
  package var maxTokens: Int?
  /// Least tokens of an answer.
  package var minTokens = 0
  /// Goes on past the natural end.
  package var ignoresEnd = false
  /// Texts that end the answer.
  package var stops: [String] = []
  /// Leaves the stop text in the answer.
  package var includesStop = false
  /// Answers as server-sent events.
  package var streams = false
  /// Ends a stream with a usage chunk.
  package var includesUsage = false
  /// Puts usage into every chunk of a stream.
  package var includesUsageInChunks = false
  /// Puts token ids into the answer.
  package var returnsTokenIDs = false
  /// Separates its prefixes from everybody else's in the cache.
  package var cacheSalt = ""
  /// The transfer parameters; nil when absent or null.
  package var kv: KVParameters?

  /// A completion request for `prompts` with every option at its default.
  package init(requestID: String, prompts: [[UInt32]]) {
    precondition(!prompts.isEmpty && prompts.allSatisfy { !$0.isEmpty })
    self.requestID = requestID
    self.prompts = prompts
  }

  /// How many answers it asks for.
  package var choices: Int { prompts.count * n }
  /// The id its answer carries.
  package var answerID: String { hasPlainID ? requestID : endpoint.idPrefix + requestID }

  /// The engine's inner name for one choice: the answer's id, the prompt's place (completions
  /// only) and a random suffix, after the choice's number when there are several (measured).
  package func innerID(choice: Int, suffix: String) -> String {
    "\(name(choice: choice))-\(suffix)"
  }

  /// The inner name of one choice without its suffix: what two engines given the same request id
  /// agree on.
  package func name(choice: Int) -> String {
    let place = endpoint == .completions ? "-\(choice / n)" : ""
    return "\(n > 1 ? "\(choice % n)_" : "")\(answerID)\(place)"
  }
}
