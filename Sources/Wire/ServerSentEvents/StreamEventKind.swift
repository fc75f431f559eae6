/// What an event of an engine's stream means to the router.
///
/// Knows the streams of `/v1/completions`, `/v1/chat/completions`, `/v1/responses` and
/// `/v1/messages`; what it does not know counts as a token, because a retry after the client saw
/// one is wrong and a first token noted too early is only inexact.
enum StreamEventKind: Equatable, Sendable {
  /// No data: comments, an identity, a retry time; never dispatched by a client.
  case comment
  /// Something generated reached the client, or the engine said that it stopped.
  case token
  /// `[DONE]`.
  case done
  /// The engine gave up on the request: a chunk that says so instead of an error.
  case abort
  /// An error object.
  case error
  /// An error object whose code says that the request is at fault.
  case rejection
  /// An event without anything generated: role, usage, start of a part.
  case other

  /// Judges `event`: its lines without the empty one; not `isWhole` when its end is missing.
  init(of event: UnsafeRawBufferPointer, isWhole: Bool) {
    let lines = StreamEventLines(event)
    guard let data = lines.data else {
      self = isWhole ? .comment : .token
      return
    }
    if let name = lines.name, let kind = StreamEventKind(name: name) {
      self = kind
    } else {
      // JSON that is spread over several data lines is none of the shapes known here.
      self = lines.dataCount > 1 ? .token : StreamEventKind(data: data, isWhole: isWhole)
    }
    if self == .token, AnswerMarks.isAborted(data) {
      self = .abort
    } else if self == .error {
      var reader = StreamErrorReader(data)
      if reader.isClientFault() { self = .rejection }
    }
  }

  /// What the `event:` name or the `type` of an event says, where it decides.
  init?(name: UnsafeRawBufferPointer) {
    if StreamEventKind.starts(name, with: "response.") {
      if StreamEventKind.ends(name, with: ".delta") {
        self = .token
      } else {
        self = StreamEventKind.ends(name, with: ".failed") ? .error : .other
      }
    } else if StreamEventKind.isSame(name, "error") {
      self = .error
    } else if StreamEventKind.isSame(name, "content_block_delta")
      || StreamEventKind.isSame(name, "message_delta")
    {
      self = .token
    } else if StreamEventKind.isSame(name, "ping")
      || StreamEventKind.starts(name, with: "message_")
      || StreamEventKind.starts(name, with: "content_block_")
    {
      self = .other
    } else {
      return nil
    }
  }

  /// What the data of an event says.
  private init(data: UnsafeRawBufferPointer, isWhole: Bool) {
    if data.isEmpty {
      self = .other
    } else if isWhole, StreamEventKind.isSame(data, "[DONE]") {
      self = .done
    } else {
      var reader = StreamChunkReader(data)
      self = reader.kind()
    }
  }

  static func isSame(_ bytes: UnsafeRawBufferPointer, _ literal: StaticString) -> Bool {
    bytes.count == literal.utf8CodeUnitCount && starts(bytes, with: literal)
  }

  private static func starts(_ bytes: UnsafeRawBufferPointer, with literal: StaticString) -> Bool {
    let count = literal.utf8CodeUnitCount
    guard bytes.count >= count else { return false }
    for place in 0..<count where bytes[place] != literal.utf8Start[place] { return false }
    return true
  }

  private static func ends(_ bytes: UnsafeRawBufferPointer, with literal: StaticString) -> Bool {
    starts(UnsafeRawBufferPointer(rebasing: bytes.suffix(literal.utf8CodeUnitCount)), with: literal)
  }
}
