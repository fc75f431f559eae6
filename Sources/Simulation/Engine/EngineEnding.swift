/// How a choice ends, before anybody was told.
struct EngineEnding: Hashable, Sendable {
  let reason: EngineFinishReason
  let stop: String?
  let lastToken: EngineToken?
}
