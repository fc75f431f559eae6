/// Walks the JSON of one chunk just far enough to tell whether anything was generated in it.
///
/// Looks at the keys of the object, of its choices and of their deltas; skips every other value
/// without looking into it. Checks no more JSON than it needs; what it cannot follow counts as a
/// token. Neither recursive nor allocating; ends early at the first thing that decides.
struct StreamChunkReader {
  private var cursor: JSONCursor

  /// A reader of `data`, which may lack its end.
  init(_ data: UnsafeRawBufferPointer) {
    cursor = JSONCursor(data)
  }

  /// What the chunk is.
  mutating func kind() -> StreamEventKind {
    var hasEmptyChoices = false
    guard cursor.enter(UInt8(ascii: "{")) else { return .token }
    while let key = cursor.key() {
      if StreamEventKind.isSame(key, "error") {
        guard cursor.isEmptyValue() else { return .error }
      } else if StreamEventKind.isSame(key, "choices") {
        guard cursor.enter(UInt8(ascii: "[")) else { return .token }
        guard cursor.leaveIfAtEnd(UInt8(ascii: "]")) else {
          return hasToken() ? .token : .other
        }
        hasEmptyChoices = true
      } else if StreamEventKind.isSame(key, "type"), let type = cursor.string(),
        let kind = StreamEventKind(name: type)
      {
        return kind
      } else {
        cursor.skipValue()
      }
      guard cursor.isIntact else { break }
    }
    return hasEmptyChoices ? .other : .token
  }

  /// Whether one of the choices, the first of which is next, holds something generated.
  private mutating func hasToken() -> Bool {
    repeat {
      guard cursor.enter(UInt8(ascii: "{")) else { return true }
      while let key = cursor.key() {
        if isToken(choiceKey: key) { return true }
        guard cursor.isIntact else { return true }
      }
    } while cursor.nextElement()
    return !cursor.isIntact
  }

  /// Reads the value of a key of a choice.
  private mutating func isToken(choiceKey key: UnsafeRawBufferPointer) -> Bool {
    if StreamEventKind.isSame(key, "delta") { return isTokenDelta() }
    if StreamEventKind.isSame(key, "text") || StreamEventKind.isSame(key, "token_ids")
      || StreamEventKind.isSame(key, "finish_reason")
    {
      return !cursor.isEmptyValue()
    }
    cursor.skipValue()
    return false
  }

  /// Reads a delta: anything in it that is not empty, except the role, was generated.
  private mutating func isTokenDelta() -> Bool {
    guard cursor.enter(UInt8(ascii: "{")) else { return !cursor.isEmptyValue() }
    while let key = cursor.key() {
      if StreamEventKind.isSame(key, "role") {
        cursor.skipValue()
      } else if !cursor.isEmptyValue() {
        return true
      }
      guard cursor.isIntact else { return true }
    }
    return !cursor.isIntact
  }
}
