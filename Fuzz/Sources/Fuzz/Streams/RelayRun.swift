@testable internal import Streaming
internal import Vocabulary
internal import Wire

/// One answer through a relay, driven as a request drives it.
struct RelayRun {
  /// What the client got.
  private(set) var sent: [UInt8] = []
  /// How the engine failed, if it did.
  private(set) var failure: AnswerRelay.Failure?

  /// Relays `text`, which arrives up to each of `ends`, with `usage` to join, or watching for it.
  init(
    _ text: [UInt8], ends: [Int], _ mode: AnswerRelay.Mode, _ usage: PrefillUsage?, watches: Bool,
    limit: Int
  ) {
    var relay = AnswerRelay(limit: limit)
    relay.reset(mode: mode, join: usage, watchesUsage: watches && usage == nil)
    var start = 0
    for end in ends where end > start {
      let piece = ExactBytes(text[start..<end])
      let decision = relay.take(piece.raw)
      start = end
      take(decision, piece.raw, &relay)
      if decision.failure != nil {
        failure = decision.failure
        return
      }
      let most = max(limit, usage == nil ? 0 : AnswerRelay.joinLimit)
      precondition(relay.held.count <= most, "more is held than may be")
    }
    failure = relay.finish()
    guard failure == nil else { return }
    sent += relay.held.bytes
  }

  private mutating func take(
    _ decision: AnswerRelay.Decision, _ piece: UnsafeRawBufferPointer, _ relay: inout AnswerRelay
  ) {
    guard let part = decision.sends else {
      if decision.failure == nil { relay.keep(piece) }
      return
    }
    sent += relay.held.bytes
    relay.didSendHeld()
    sent += piece[part]
    if decision.failure == nil {
      relay.keep(UnsafeRawBufferPointer(rebasing: piece[part.upperBound...]))
    }
  }
}
