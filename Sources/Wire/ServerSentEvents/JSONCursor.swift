/// A place in JSON text that moves forward over keys and values; a view, not an owner.
///
/// For text that an engine wrote and nobody acts upon: it follows structure and checks little. When
/// it cannot follow, or the text ends too early, `isIntact` becomes false and every later call
/// fails.
public struct JSONCursor {
  private let bytes: UnsafeRawBufferPointer
  /// Offset of the byte it stands before.
  public private(set) var place = 0
  /// Whether everything so far could be followed.
  public private(set) var isIntact = true

  /// A cursor at the start of `bytes`.
  public init(_ bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
  }

  /// The next byte that is not white space, or nil at the end.
  private mutating func peek() -> UInt8? {
    while isIntact, place < bytes.count {
      let byte = bytes[place]
      guard byte == 0x20 || (byte >= 0x09 && byte <= 0x0D) else { return byte }
      place += 1
    }
    return nil
  }

  /// Steps over white space; the offset of the byte after it.
  public mutating func nextPlace() -> Int {
    _ = peek()
    return place
  }

  private mutating func fail() {
    isIntact = false
  }

  /// Steps over `bracket` if it is next; otherwise stays.
  public mutating func enter(_ bracket: UInt8) -> Bool {
    guard peek() == bracket else { return false }
    place += 1
    return true
  }

  /// Steps over the end of a list or object if it is next.
  mutating func leaveIfAtEnd(_ bracket: UInt8) -> Bool {
    enter(bracket)
  }

  /// The next key of an object, with the cursor at its value; nil at the object's end, which it
  /// passes.
  mutating func key() -> UnsafeRawBufferPointer? {
    if peek() == UInt8(ascii: ",") { place += 1 }
    if enter(UInt8(ascii: "}")) { return nil }
    guard let key = string(), enter(ASCII.colon) else {
      fail()
      return nil
    }
    return key
  }

  /// Steps to the next element of a list; false at the list's end, which it passes.
  mutating func nextElement() -> Bool {
    if enter(UInt8(ascii: ",")) { return true }
    if !enter(UInt8(ascii: "]")) { fail() }
    return false
  }

  /// The bytes between the quotation marks of a string, escapes as they are; nil (and the cursor
  /// stays) when the next value is something else.
  public mutating func string() -> UnsafeRawBufferPointer? {
    guard peek() == UInt8(ascii: "\""), let base = bytes.baseAddress else { return nil }
    let start = place + 1
    var end = start
    while true {
      end = ByteSearch.first(UInt8(ascii: "\""), base, from: end, to: bytes.count)
      guard end < bytes.count else {
        fail()
        return nil
      }
      guard isEscaped(end, from: start) else { break }
      end += 1
    }
    place = end + 1
    return UnsafeRawBufferPointer(rebasing: bytes[start..<end])
  }

  /// Whether an odd number of backslashes stands before `mark`.
  private func isEscaped(_ mark: Int, from start: Int) -> Bool {
    var first = mark
    while first > start, bytes[first - 1] == UInt8(ascii: "\\") { first -= 1 }
    return (mark - first) % 2 == 1
  }

  /// Steps over the next value; whether it is null, an empty string, list or object, or false.
  ///
  /// A value that breaks off is not empty.
  mutating func isEmptyValue() -> Bool {
    guard let first = peek() else {
      fail()
      return false
    }
    switch first {
    case UInt8(ascii: "\""): return string()?.isEmpty ?? false
    case UInt8(ascii: "["), UInt8(ascii: "{"): return isEmptyContainer(first)
    default:
      skipScalar()
      return first == UInt8(ascii: "n") || first == UInt8(ascii: "f")
    }
  }

  private mutating func isEmptyContainer(_ open: UInt8) -> Bool {
    // The closing bracket is two after the opening one in ASCII.
    let start = place
    place += 1
    if enter(open + 2) { return true }
    place = start
    skipValue()
    return false
  }

  /// Steps over the next value whatever it is.
  public mutating func skipValue() {
    guard let first = peek() else { return fail() }
    switch first {
    case UInt8(ascii: "\""): _ = string()
    case UInt8(ascii: "["), UInt8(ascii: "{"): skipContainer()
    default: skipScalar()
    }
  }

  /// Steps over the next value, which begins at `start`; its bytes, or nil when it breaks off.
  mutating func value(from start: Int) -> UnsafeRawBufferPointer? {
    skipValue()
    return isIntact ? UnsafeRawBufferPointer(rebasing: bytes[start..<place]) : nil
  }

  private mutating func skipScalar() {
    let start = place
    while place < bytes.count {
      switch bytes[place] {
      case UInt8(ascii: ","), UInt8(ascii: "}"), UInt8(ascii: "]"), 0x20, 0x09...0x0D:
        if place == start { fail() }
        return
      default: place += 1
      }
    }
    fail()
  }

  private mutating func skipContainer() {
    var depth = 0
    while isIntact, place < bytes.count {
      switch bytes[place] {
      case UInt8(ascii: "\""):
        _ = string()
        continue
      case UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
      case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
      default: break
      }
      place += 1
      if depth == 0 { return }
    }
    fail()
  }
}
