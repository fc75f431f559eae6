/// Walks the choices of a chunk or of a whole answer for one that the engine gave up on
/// (`"finish_reason":"abort"`): what vLLM says of requests in flight when it is told to stop.
///
/// Never allocates; what it cannot follow is no such answer.
struct AbortedChoiceReader {
  private var cursor: JSONCursor

  /// A reader of `document`.
  init(_ document: UnsafeRawBufferPointer) {
    cursor = JSONCursor(document)
  }

  /// Whether one of the choices was aborted.
  mutating func isAborted() -> Bool {
    guard cursor.enter(UInt8(ascii: "{")) else { return false }
    while let key = cursor.key() {
      if StreamEventKind.isSame(key, "choices"), cursor.enter(UInt8(ascii: "[")) {
        if hasAbortedChoice() { return true }
      } else {
        cursor.skipValue()
      }
      guard cursor.isIntact else { return false }
    }
    return false
  }

  /// Whether one of the list's elements, the first of which is next, was aborted.
  private mutating func hasAbortedChoice() -> Bool {
    if cursor.leaveIfAtEnd(UInt8(ascii: "]")) { return false }
    repeat {
      guard cursor.enter(UInt8(ascii: "{")) else { return false }
      while let key = cursor.key() {
        if StreamEventKind.isSame(key, "finish_reason"), let reason = cursor.string() {
          if StreamEventKind.isSame(reason, "abort") { return true }
        } else {
          cursor.skipValue()
        }
        guard cursor.isIntact else { return false }
      }
    } while cursor.nextElement()
    return false
  }
}
