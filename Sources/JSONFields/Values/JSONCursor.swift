/// Walks over the members or elements of one container of a validated text, from left to right.
struct JSONCursor {
  private let value: JSONValue
  private let isObject: Bool
  /// Where the next name or element starts; nil at the end.
  private var position: Int?

  /// A cursor before the first entry of `value`, or at the end when it is not of `kind`.
  init(_ value: JSONValue, _ kind: JSONKind) {
    precondition(kind == .object || kind == .array)
    self.value = value
    isObject = kind == .object
    guard value.kind == kind else { return }
    position = JSONCursor.validated { () throws(JSONError) in
      let scanner = try JSONScanner(value.text, maximumDepth: Nesting.limit)
      let first = scanner.skipSpace(value.span.range.lowerBound + 1)
      return first < value.span.range.upperBound - 1 ? first : nil
    }
  }

  /// The next entry; `name` is the content of the member's name, empty in arrays.
  mutating func next() -> (name: UnsafeRawBufferPointer, value: JSONValue)? {
    guard let start = position else { return nil }
    let (text, isObject) = (value.text, isObject)
    let (name, span, end) = JSONCursor.validated { () throws(JSONError) in
      let scanner = try JSONScanner(text, maximumDepth: Nesting.limit)
      let nameEnd = isObject ? try scanner.quoted(at: start) : start
      let valueStart = isObject ? try scanner.colon(after: nameEnd) : start
      let first = scanner.byte(valueStart)
      let valueEnd = try scanner.value(at: valueStart, first, depth: 0)
      let kind = JSONKind(startingWith: first)
      let separator = scanner.skipSpace(valueEnd)
      let hasMore = scanner.byte(separator) == UInt8(ascii: ",")
      return (
        start..<nameEnd, JSONSpan(kind: kind, range: valueStart..<valueEnd),
        hasMore ? scanner.skipSpace(separator + 1) : nil
      )
    }
    position = end
    let content = isObject ? name.lowerBound + 1..<name.upperBound - 1 : name
    return (
      UnsafeRawBufferPointer(rebasing: text[content]), JSONValue(at: span, of: text)
    )
  }

  /// Runs `scan` on a text known to be valid: an error means that the text was changed meanwhile.
  private static func validated<Result>(_ scan: () throws(JSONError) -> Result) -> Result {
    do {
      return try scan()
    } catch {
      preconditionFailure("the text changed after it was validated: \(error)")
    }
  }
}
