/// What is looked for in every part of an answer, by a search for bytes that seldom occur.
///
/// A quotation mark inside a JSON string is written with a backslash before it, so a quoted word
/// found here is a string or a name of its own. About 0.25 ns a byte; owns nothing.
public enum AnswerMarks {
  /// Bytes of `"usage"` and of `"abort"`.
  private static var wordLength: Int { 7 }

  /// Whether a member called `usage` that is an object may be in `bytes`: events or a document.
  public static func mayHoldUsage(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard let base = bytes.baseAddress else { return false }
    var place = 0
    while true {
      place = firstUsage(base, from: place, to: bytes.count)
      guard place < bytes.count else { return false }
      place += wordLength
      if isBeforeObject(base, from: place, to: bytes.count) { return true }
    }
  }

  /// Whether the engine says in `document`, one chunk or a whole answer, that it gave up on one of
  /// the choices.
  public static func isAborted(_ document: UnsafeRawBufferPointer) -> Bool {
    guard let base = document.baseAddress, mayHoldAbort(base, from: 0, to: document.count) else {
      return false
    }
    var reader = AbortedChoiceReader(document)
    return reader.isAborted()
  }

  /// Whether the string `abort` is somewhere in the bytes.
  @inline(__always)
  static func mayHoldAbort(_ base: UnsafeRawPointer, from: Int, to: Int) -> Bool {
    var place = from
    while true {
      // A chunk without text has two: in `object` and in `logprobs`.
      place = ByteSearch.firstRare(UInt8(ascii: "b"), base, from: place, to: to)
      guard place < to else { return false }
      let start = place &- 2
      // "\"abort\"" with its first letter lowest.
      if start >= from, start &+ wordLength <= to, word(base, start) == 0x22_7472_6F62_6122 {
        return true
      }
      place &+= 1
    }
  }

  /// Where the next `"usage"` is, or `to`.
  private static func firstUsage(_ base: UnsafeRawPointer, from: Int, to: Int) -> Int {
    var place = from
    while true {
      place = ByteSearch.firstRare(UInt8(ascii: "g"), base, from: place, to: to)
      guard place < to else { return to }
      let start = place &- 4
      if start >= from, start &+ wordLength <= to, word(base, start) == 0x22_6567_6173_7522 {
        return start
      }
      place &+= 1
    }
  }

  /// The seven bytes at `place`, the first one lowest.
  @inline(__always)
  private static func word(_ base: UnsafeRawPointer, _ place: Int) -> UInt64 {
    let low = base.loadUnaligned(fromByteOffset: place, as: UInt32.self)
    let high = base.loadUnaligned(fromByteOffset: place &+ 3, as: UInt32.self)
    return UInt64(UInt32(littleEndian: low)) | UInt64(UInt32(littleEndian: high)) &<< 24
  }

  /// Whether a colon and the start of an object come next.
  private static func isBeforeObject(_ base: UnsafeRawPointer, from: Int, to: Int) -> Bool {
    let colon = afterSpace(base, from, to)
    guard colon < to, ByteSearch.byte(base, colon) == ASCII.colon else { return false }
    let value = afterSpace(base, colon + 1, to)
    return value < to && ByteSearch.byte(base, value) == UInt8(ascii: "{")
  }

  /// The place of the first byte that is not white space, or `to`.
  private static func afterSpace(_ base: UnsafeRawPointer, _ from: Int, _ to: Int) -> Int {
    var place = from
    while place < to, ByteSearch.byte(base, place) <= ASCII.space { place += 1 }
    return place
  }
}
