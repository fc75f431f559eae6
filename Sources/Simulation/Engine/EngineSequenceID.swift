/// One answer an engine generates: a request, and which of its choices.
package struct EngineSequenceID: Hashable, Sendable {
  /// The request.
  package let request: EngineRequestID
  /// The choice: the prompt's place times `n`, plus the choice of that prompt.
  package let choice: Int
}
