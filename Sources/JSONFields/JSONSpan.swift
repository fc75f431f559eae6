/// Where one value lies in a body, and what it is.
public struct JSONSpan: Hashable, Sendable {
  /// What the value is.
  public let kind: JSONKind
  /// The value's bytes: offsets into the whole body, quotes and brackets included.
  public let range: Range<Int>

  /// A span from its parts.
  public init(kind: JSONKind, range: Range<Int>) {
    self.kind = kind
    self.range = range
  }
}
