/// The members of an object in a validated text, in order and with repeated names; empty for any
/// other value.
public struct JSONMembers: Sequence, IteratorProtocol {
  private var cursor: JSONCursor

  init(_ value: JSONValue) {
    cursor = JSONCursor(value, .object)
  }

  /// The next member, its name with escapes undone, or nil at the end.
  public mutating func next() -> (name: String, value: JSONValue)? {
    guard let step = cursor.next() else { return nil }
    return (JSONStringContent.text(step.name), step.value)
  }
}
