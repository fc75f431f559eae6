/// One member of an object as the scanner saw it; offsets into the whole text.
///
/// Bare offsets and no ranges: a range is checked whenever it is made.
struct JSONMember {
  /// Where the name's content starts, after its quote.
  let nameStart: Int
  /// Where the name's content ends, before its quote.
  let nameEnd: Int
  /// Whether the name is known to hold no escape; it may hold none all the same when not.
  let isPlain: Bool
  /// What the value is.
  let kind: JSONKind
  /// Where the value starts.
  let valueStart: Int
  /// Where the value ends.
  let valueEnd: Int
}
