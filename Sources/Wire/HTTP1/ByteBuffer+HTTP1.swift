public import Vocabulary

/// Writing HTTP/1.1 messages at the end of a buffer.
extension ByteBuffer {
  /// Appends a request line; `query` (without its `?`) is left out when empty.
  public mutating func appendRequestLine(
    method: UnsafeRawBufferPointer, path: UnsafeRawBufferPointer, query: UnsafeRawBufferPointer
  ) {}

  /// Appends a status line of HTTP/1.1 with the standard reason phrase.
  public mutating func appendStatusLine(_ status: Int) {}

  /// Appends a field whose value is our own literal.
  public mutating func appendField(name: StaticString, value: StaticString) {}

  /// Appends a field whose value is our own text.
  public mutating func appendField(name: StaticString, value: String) {}

  /// Appends a field whose value is a number in decimal.
  public mutating func appendField(name: StaticString, value: Int) {}

  /// Appends a field whose value was validated by a parser.
  public mutating func appendField(name: StaticString, value: UnsafeRawBufferPointer) {}

  /// Appends a field of a parsed head; `base` is the buffer it was parsed from.
  public mutating func appendField(
    copying field: HeaderField, from base: UnsafeRawBufferPointer
  ) {}

  /// Appends the empty line after the last field.
  public mutating func appendHeadEnd() {}

  /// Appends the size line before a chunk of `size` bytes, at least 1.
  public mutating func appendChunkHead(size: Int) {}

  /// Appends the CRLF after a chunk's bytes.
  public mutating func appendChunkEnd() {}

  /// Appends the last chunk and an empty trailer section.
  public mutating func appendLastChunk() {}
}
