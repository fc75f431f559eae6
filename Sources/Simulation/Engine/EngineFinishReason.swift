/// Why an answer ended, in vLLM's words.
package enum EngineFinishReason: String, Sendable, CaseIterable {
  /// It came to its natural end or to a stop text.
  case stop
  /// It had `max_tokens` tokens.
  case length
  /// Its client left, or the engine shut down.
  case abort
  /// The engine failed.
  case error
}
