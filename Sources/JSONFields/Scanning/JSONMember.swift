/// One member of an object as the scanner saw it; offsets into the whole text.
struct JSONMember {
  /// The name's bytes with its quotes.
  let name: Range<Int>
  /// What the value is.
  let kind: JSONKind
  /// The value's bytes.
  let value: Range<Int>
}
