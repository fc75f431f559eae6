public import Vocabulary

extension ByteBuffer {
  /// Appends `text` as a JSON string, quotes included.
  ///
  /// Escapes what must be (`"`, `\`, control characters) and nothing else (RFC 8259 section 7).
  public mutating func append(jsonString text: String) {
    var text = text
    text.withUTF8 { append(jsonString: UnsafeRawBufferPointer($0)) }
  }

  /// Appends UTF-8 bytes as a JSON string, quotes included; ill-formed bytes become U+FFFD each.
  public mutating func append(jsonString bytes: UnsafeRawBufferPointer) {
    reserve(bytes.count + 2)
    append(UInt8(ascii: "\""))
    if let base = bytes.baseAddress { appendContent(base, bytes.count) }
    append(UInt8(ascii: "\""))
  }

  private mutating func appendContent(_ base: UnsafeRawPointer, _ count: Int) {
    var position = 0
    while position < count {
      let end = PlainRun.end(in: base, from: position, end: count)
      append(UnsafeRawBufferPointer(start: base + position, count: end - position))
      position = end
      guard position < count else { return }
      let special = base.load(fromByteOffset: position, as: UInt8.self)
      let length =
        special < 0x80
        ? 0 : UTF8Sequence.length(UTF8Sequence.word(base, at: position, end: count))
      if length > 0 {
        append(UnsafeRawBufferPointer(start: base + position, count: length))
      } else {
        appendEscaped(special)
      }
      position += max(length, 1)
    }
  }

  private mutating func appendEscaped(_ byte: UInt8) {
    switch byte {
    case UInt8(ascii: "\""): append("\\\"" as StaticString)
    case UInt8(ascii: "\\"): append("\\\\" as StaticString)
    case 0x08: append("\\b" as StaticString)
    case 0x09: append("\\t" as StaticString)
    case 0x0A: append("\\n" as StaticString)
    case 0x0C: append("\\f" as StaticString)
    case 0x0D: append("\\r" as StaticString)
    case 0x80...: append("\u{FFFD}" as StaticString)
    default:
      append("\\u00" as StaticString)
      append(HexadecimalDigit.ascii(byte >> 4))
      append(HexadecimalDigit.ascii(byte & 15))
    }
  }
}
