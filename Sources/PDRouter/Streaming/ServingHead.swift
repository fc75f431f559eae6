internal import Vocabulary
internal import Wire

/// What the relay needs to know of a worker's answer before its body.
struct ServingHead {
  /// The worker's status.
  let status: Int
  /// Bytes of the body, when announced; for an answer without one (to HEAD, or 304), of the body
  /// that another request would get.
  private(set) var length: Int?
  /// Whether a body follows, if only an empty one.
  let hasBody: Bool
  /// Whether the body is a stream of events that can be read.
  private let isEventStream: Bool
  private let isEncoded: Bool

  init(_ leg: borrowing Leg) {
    status = leg.head.status
    let base = leg.headBytes.bytes
    hasBody = leg.head.framing != .none
    switch leg.head.framing {
    case .length(let count): length = count
    case .none: length = ServingHead.announcedLength(leg.head, base)
    case .chunked, .untilClose: length = nil
    }
    let type = leg.head.fields.first(.contentType)?.value.of(base)
    isEventStream = type.map { FieldText.starts($0, with: "text/event-stream") } ?? false
    isEncoded = leg.head.fields.first(.contentEncoding) != nil
  }

  /// The same of a head that repeats this one, but for the number of bytes.
  func repeated(_ framing: BodyFraming) -> ServingHead {
    var head = self
    if case .length(let count) = framing { head.length = count }
    return head
  }

  /// How the body is to be relayed: an error is held until it is complete, too, so that a part of
  /// one is never all that a client gets.
  func relayMode(isGeneration: Bool) -> AnswerRelay.Mode {
    guard isGeneration, !isEncoded, isSuccess || status >= 400 else { return .opaque }
    return isEventStream && isSuccess ? .events : .whole
  }

  /// Whether it is an answer to the request, and not to something about it.
  var isSuccess: Bool { status < 300 }

  /// The length a HEAD answer tells of a body that does not follow.
  private static func announcedLength(
    _ head: borrowing ResponseHead, _ base: UnsafeRawBufferPointer
  ) -> Int? {
    guard let field = head.fields.first(.contentLength) else { return nil }
    return Int(String(decoding: field.value.of(base), as: UTF8.self))
  }
}
