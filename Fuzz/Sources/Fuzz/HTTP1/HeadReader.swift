internal import Wire

/// One of the two parsers of heads, with the head it fills.
protocol HeadReader: ~Copyable {
  /// How the body after the last head ends.
  var framing: BodyFraming { get }

  /// Parses on in `bytes`; the length of a complete head.
  mutating func parse(_ bytes: UnsafeRawBufferPointer) throws(WireError) -> Int?

  /// Checks the head just completed against `bytes`, all of it, and says what it means.
  func describe(_ bytes: UnsafeRawBufferPointer) -> String
}
