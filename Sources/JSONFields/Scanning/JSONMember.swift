/// One member of an object as the scanner saw it; offsets into the whole text.
///
/// Bare offsets and no ranges: a range is checked whenever it is made.
struct JSONMember {
  /// The offset of the name's opening quote.
  let nameStart: Int
  /// The value's first byte, which tells its kind.
  let first: UInt8
  /// Where the value starts.
  let valueStart: Int
  /// Where the value ends.
  let valueEnd: Int
}
