@testable internal import Streaming
internal import Vocabulary
internal import Wire

/// Answers of engines on their way to the client: every byte is passed on once and in order, in any
/// pieces; joined usage changes nothing but the usage, and leaves JSON that was JSON.
enum RelayFuzz {
  static func run(_ input: FuzzInput) {
    let mode: AnswerRelay.Mode = input.chooses(0) ? .events : .whole
    let usage = input.chooses(1) ? usage(hasDetails: input.chooses(2)) : nil
    let whole = RelayRun(
      input.text, ends: [input.text.count], mode, usage, watches: input.chooses(3), limit: 1 << 20)
    let cut = RelayRun(
      input.text, ends: input.pieceEnds, mode, usage, watches: input.chooses(3),
      limit: input.chooses(4) ? 32 : 1 << 20)
    for run in [whole, cut] where run.failure == nil {
      if usage == nil { precondition(run.sent == input.text, "other bytes for the client") }
      if mode == .events { checkEvents(input.text, run.sent) } else { checkWhole(input, run.sent) }
    }
    for run in [whole, cut] where run.failure != nil && usage == nil {
      precondition(input.text.starts(with: run.sent), "bytes of no engine's")
    }
    // With nothing held beyond its limit, pieces make no difference, but that a failure is noticed
    // before or after something was sent.
    guard !input.chooses(4), whole.failure == nil, cut.failure == nil else { return }
    precondition(whole.sent == cut.sent, "another answer in pieces")
  }

  /// What prefill is taken to have counted.
  private static func usage(hasDetails: Bool) -> PrefillUsage? {
    let text =
      hasDetails
      ? #"{"usage":{"prompt_tokens":9,"prompt_tokens_details":{"cached_tokens":4,"audio":"}"}}}"#
      : #"{"usage":{"input_tokens":12}}"#
    let bytes = ExactBytes(Array(text.utf8))
    let usage = PrefillUsage(readingFrom: bytes.raw)
    precondition(usage != nil)
    return usage
  }

  private static func checkEvents(_ before: [UInt8], _ after: [UInt8]) {
    let (old, new) = (EventModel.events(of: before), EventModel.events(of: after))
    precondition(old.count == new.count, "more or fewer events for the client")
    for (one, other) in zip(old, new) where one.bytes != other.bytes {
      precondition(one.hasData && other.hasData)
      precondition(JSONModel(data(one)) == nil || JSONModel(data(other)) != nil, "no JSON any more")
    }
  }

  private static func checkWhole(_ input: FuzzInput, _ after: [UInt8]) {
    guard input.text != after, let model = JSONModel(input.text) else {
      return precondition(input.text == after, "what is no JSON was changed")
    }
    guard let joined = JSONModel(after) else { preconditionFailure("no JSON any more") }
    precondition(joined.members.map(\.name) == model.members.map(\.name))
    for (one, other) in zip(model.members, joined.members) where one != other {
      let name = String(decoding: one.name, as: UTF8.self)
      precondition(name == "usage" || name == "response", "\(name) was changed")
    }
  }

  /// The data of an event, as a client joins its lines.
  private static func data(_ event: EventModel) -> [UInt8] {
    let bytes = ExactBytes(event.bytes)
    var buffer = ByteBuffer()
    StreamEventLines.appendData(of: bytes.raw, to: &buffer)
    return Array(buffer.bytes)
  }
}
