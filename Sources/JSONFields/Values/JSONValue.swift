/// A value inside a validated JSON text: reads members, elements and scalars where they stand.
///
/// For answers of engines and for tests, not for the hot path: every step to a member or an element
/// scans again from the start of its container. Borrows the text, which must neither move nor
/// change while any value of it is used; owns nothing. A reader asks, and gets nil for anything
/// that is not of the kind asked for. Never recurses.
public struct JSONValue {
  let text: UnsafeRawBufferPointer
  /// What the value is, and its bytes in the text.
  public let span: JSONSpan

  /// Validates all of `text` and stands for its outermost value.
  ///
  /// `maximumDepth` (1 to 1,024) bounds objects and arrays inside each other.
  public init(
    validating text: UnsafeRawBufferPointer, maximumDepth: Int = 128
  ) throws(JSONError) {
    span = try JSONScanner(text, maximumDepth: maximumDepth).root()
    self.text = text
  }

  /// The value at `span`, which came from validating this very `text`.
  public init(at span: JSONSpan, of text: UnsafeRawBufferPointer) {
    precondition(span.range.lowerBound >= 0 && span.range.upperBound <= text.count)
    precondition(!span.range.isEmpty, "a value has at least one byte")
    self.span = span
    self.text = text
  }

  /// What the value is.
  public var kind: JSONKind { span.kind }

  /// The value's bytes: offsets into the text.
  public var rawRange: Range<Int> { span.range }

  /// The value's bytes.
  public var raw: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: text[span.range]) }

  /// Whether it is the literal `null`.
  public var isNull: Bool { kind == .null }

  /// The value if it is `true` or `false`.
  public var bool: Bool? {
    switch kind {
    case .true: true
    case .false: false
    default: nil
    }
  }

  /// The value if it is a number, is exactly an integer and fits (`1`, `1.0`, `10e-1`).
  public var integer: Int? { kind == .number ? JSONNumber.integer(raw) : nil }

  /// The value as the nearest double if it is a number within the range of doubles.
  public var double: Double? { kind == .number ? JSONNumber.double(raw) : nil }

  /// The value if it is a string, escapes undone.
  public var string: String? {
    guard kind == .string else { return nil }
    return JSONStringContent.text(UnsafeRawBufferPointer(rebasing: raw[1..<raw.count - 1]))
  }

  /// The elements if it is an array, none otherwise.
  public var elements: JSONElements { JSONElements(self) }

  /// The members if it is an object, in order and with repeated names; none otherwise.
  public var members: JSONMembers { JSONMembers(self) }

  /// The value of the last member called `name` if it is an object that has one.
  public subscript(_ name: StaticString) -> JSONValue? {
    member(UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
  }

  /// The value of the last member called `name` if it is an object that has one.
  public func member(named name: String) -> JSONValue? {
    var name = name
    return name.withUTF8 { member(UnsafeRawBufferPointer($0)) }
  }

  /// The element number `index` if it is an array that has one.
  public subscript(_ index: Int) -> JSONValue? {
    guard index >= 0 else { return nil }
    return elements.dropFirst(index).first { _ in true }
  }

  private func member(_ name: UnsafeRawBufferPointer) -> JSONValue? {
    var found: JSONValue?
    var cursor = JSONCursor(self, .object)
    while let step = cursor.next() {
      if JSONStringContent.equals(step.name, name) { found = step.value }
    }
    return found
  }
}
