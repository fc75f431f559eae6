/// What an engine did since it started, for `/metrics` and for tests.
package struct EngineCounters: Sendable {
  /// Requests accepted.
  package var requests = 0
  /// Requests given up by their clients (vLLM counts these nowhere).
  package var aborted = 0
  /// Times it died: 0 or 1.
  package var deaths = 0
  /// Steps begun.
  package var steps = 0
  /// Choices ended, by reason.
  package private(set) var finished: [EngineFinishReason: Int] = [:]
  /// Tokens generated.
  package var generationTokens = 0
  /// Prompt tokens this engine computed itself.
  package private(set) var computedPromptTokens = 0
  /// Prompt tokens found in its own cache.
  package private(set) var localHitTokens = 0
  /// Prompt tokens read from another engine.
  package private(set) var externalTokens = 0
  /// Tokens looked up in the prefix cache.
  package var prefixQueries = 0
  /// Tokens found there.
  package var prefixHits = 0
  /// Tokens asked of other engines.
  package var externalQueries = 0
  /// Remote reads that came.
  package var transfers = 0
  /// Remote reads that did not.
  package var failedTransfers = 0
  /// Arrival to first token.
  package var timeToFirstToken = EngineHistogram()
  /// Token to token.
  package var interTokenLatency = EngineHistogram()
  /// Arrival to end.
  package var requestTime = EngineHistogram()
  /// Arrival to admission.
  package var queueTime = EngineHistogram()
  /// Modelled duration of remote reads.
  package var transferTime = EngineHistogram()

  /// Nothing yet.
  package init() {}

  /// Prompt tokens of every source.
  package var promptTokens: Int { computedPromptTokens + localHitTokens + externalTokens }

  mutating func noteFinish(_ reason: EngineFinishReason) {
    finished[reason, default: 0] += 1
  }

  mutating func notePrompt(of sequence: EngineSequence) {
    let found = sequence.localHits + sequence.externalHits
    precondition(found <= sequence.prompt.count)
    computedPromptTokens += sequence.prompt.count - found
    localHitTokens += sequence.localHits
    externalTokens += sequence.externalHits
  }
}
