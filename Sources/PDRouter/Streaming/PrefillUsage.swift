internal import JSONFields
internal import Vocabulary
internal import Wire

/// What an engine counted of a request's input: of a split request prefill's, the part of `usage`
/// that is true for the whole request.
///
/// A small value; allocates only where the engine reports details besides `cached_tokens`.
struct PrefillUsage: Equatable {
  /// The most members and bytes of details that are taken over; more are none of OpenAI's.
  static let detailLimits = (members: 16, bytes: 1024)

  /// Tokens of the prompt (`prompt_tokens` or `input_tokens`).
  let inputTokens: Int
  /// Of these, found in prefill's own cache; nil when it does not say, or says more than there are.
  let cachedTokens: Int?
  /// The object of details as written, if it is usable; otherwise empty.
  let details: [UInt8]

  /// Reads the answer of a prefill leg: one walk over its members up to `usage`.
  ///
  /// Nil when the answer has no usage, or one without a count of the input.
  init?(readingFrom answer: UnsafeRawBufferPointer) {
    guard let place = PrefillUsage.place(in: answer),
      let usage = try? JSONValue(validating: UnsafeRawBufferPointer(rebasing: answer[place])),
      let input = usage["prompt_tokens"]?.integer ?? usage["input_tokens"]?.integer, input >= 0
    else { return nil }
    inputTokens = input
    let details = usage["prompt_tokens_details"] ?? usage["input_tokens_details"]
    let cached = details?["cached_tokens"]?.integer
    cachedTokens = cached.flatMap { $0 >= 0 && $0 <= input ? $0 : nil }
    self.details = details.flatMap(PrefillUsage.usable) ?? []
  }

  /// Reads the last of some server-sent events that has a usage; nil when none has.
  ///
  /// For whole lines: an event that is not all there is passed over. Cost: one search, and nothing
  /// more where no usage can be.
  init?(lastOf events: UnsafeRawBufferPointer) {
    guard AnswerMarks.mayHoldUsage(events) else { return nil }
    var found: PrefillUsage?
    var start = 0
    while start < events.count {
      let end = events[start...].firstIndex(of: UInt8(ascii: "\n")) ?? events.count
      let line = UnsafeRawBufferPointer(rebasing: events[start..<end])
      start = end + 1
      guard FieldText.starts(line, with: "data:") else { continue }
      let data = UnsafeRawBufferPointer(rebasing: line[5...])
      if AnswerMarks.mayHoldUsage(data), let usage = PrefillUsage(readingFrom: data) {
        found = usage
      }
    }
    guard let found else { return nil }
    self = found
  }

  /// Where the first member called `usage` is that is an object; vLLM writes it before the
  /// parameters, the longest part of the answer.
  private static func place(in answer: UnsafeRawBufferPointer) -> Range<Int>? {
    var walk = ObjectWalk(answer, 0..<answer.count)
    while let member = walk.next() {
      if member.isNamed("usage"), answer[member.value.lowerBound] == UInt8(ascii: "{") {
        return member.value
      }
    }
    return nil
  }

  /// The bytes of an object of details that is not too large and holds anything.
  private static func usable(_ details: JSONValue) -> [UInt8]? {
    guard details.kind == .object, details.raw.count <= detailLimits.bytes else { return nil }
    var walk = ObjectWalk(details.raw, 0..<details.raw.count)
    var members = 0
    while walk.next() != nil { members += 1 }
    return members > 0 && members <= detailLimits.members ? Array(details.raw) : nil
  }
}
