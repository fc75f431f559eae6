internal import Wire

/// The members of one object in JSON text, in order, with the places of their bytes.
///
/// A view, not an owner; never allocates. In text that is no JSON it stops early with `isIntact`
/// false.
struct ObjectWalk {
  /// One member.
  struct Member {
    /// Between the quotation marks, escapes as they are.
    let name: UnsafeRawBufferPointer
    /// Where the name's quotation mark is.
    let start: Int
    /// Where the value is.
    let value: Range<Int>

    func isNamed(_ literal: StaticString) -> Bool {
      name.elementsEqual(
        UnsafeRawBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount))
    }
  }

  private var cursor: JSONCursor
  private let offset: Int
  private let isObject: Bool

  /// A walk over the object that is the whole of `text[place]`, white space around it aside.
  init(_ text: UnsafeRawBufferPointer, _ place: Range<Int>) {
    precondition(place.lowerBound >= 0 && place.upperBound <= text.count)
    cursor = JSONCursor(UnsafeRawBufferPointer(rebasing: text[place]))
    offset = place.lowerBound
    isObject = cursor.enter(UInt8(ascii: "{"))
  }

  /// Whether there is an object and everything so far could be followed.
  var isIntact: Bool { isObject && cursor.isIntact }

  /// The next member; nil at the end.
  mutating func next() -> Member? {
    guard isIntact else { return nil }
    _ = cursor.enter(UInt8(ascii: ","))
    let start = cursor.nextPlace()
    guard let name = cursor.string(), cursor.enter(UInt8(ascii: ":")) else { return nil }
    let value = cursor.nextPlace()
    cursor.skipValue()
    guard cursor.isIntact else { return nil }
    return Member(
      name: name, start: offset + start, value: offset + value..<offset + cursor.place)
  }
}
