/// Which conversation, user or tenant a request belongs to, as the client says it.
public struct SessionKey: Sendable, Equatable {
  /// The key in the baseline's form, which hash placements go by: where it was found, then the
  /// value as the client wrote it (`header:x-session-id:abc`, `session:abc`, `user:bob`).
  public let text: [UInt8]
  /// Where the value starts in `text`.
  public let valueStart: Int

  /// A key from its parts; neither may be empty.
  public init(source: StaticString, value: some Sequence<UInt8>) {
    var text = source.withUTF8Buffer { Array($0) }
    precondition(!text.isEmpty, "a key says where it was found")
    valueStart = text.count
    text.append(contentsOf: value)
    precondition(text.count > valueStart, "an empty value is no key")
    self.text = text
  }

  /// The value alone.
  public var value: ArraySlice<UInt8> { text[valueStart...] }
}
