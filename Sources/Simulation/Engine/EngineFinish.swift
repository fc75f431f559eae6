/// The end of one choice.
package struct EngineFinish: Hashable, Sendable {
  /// Which one.
  package let sequence: EngineSequenceID
  /// Why.
  package let reason: EngineFinishReason
  /// The stop text that was met.
  package let stop: String?
  /// The last token; nil when it ended without one (aborts, errors).
  package let lastToken: EngineToken?
  /// The whole request's usage so far.
  package let usage: EngineUsage
  /// Whether every choice of the request has ended.
  package let endsRequest: Bool
  /// The parameters the answer carries; only with the request's last end, and only when it
  /// exported.
  package let kv: KVParameters?

  /// The same end as an abort, which brings no token.
  var asAborted: EngineFinish {
    EngineFinish(
      sequence: sequence, reason: .abort, stop: nil, lastToken: nil, usage: usage,
      endsRequest: endsRequest, kv: kv)
  }
}
