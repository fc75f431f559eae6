/// The elements of an array in a validated text, in order; empty for any other value.
public struct JSONElements: Sequence, IteratorProtocol {
  private var cursor: JSONCursor

  init(_ value: JSONValue) {
    cursor = JSONCursor(value, .array)
  }

  /// The next element, or nil at the end.
  public mutating func next() -> JSONValue? {
    cursor.next()?.value
  }
}
