public import Vocabulary

/// How a value stands in a `key=value` log line: as it is when plain, else quoted and escaped, so
/// that a line is always one record whatever a client sent.
public enum LogValue {
  /// Appends `value`: quoted if it is empty or has spaces, quotes or anything that is not printable
  /// ASCII; control characters as `\xNN`.
  public static func append(_ value: UnsafeRawBufferPointer, to line: inout ByteBuffer) {
    let isPlain = !value.isEmpty && value.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x22 }
    guard !isPlain else {
      line.append(value)
      return
    }
    line.append(UInt8(ascii: "\""))
    for byte in value { appendEscaped(byte, to: &line) }
    line.append(UInt8(ascii: "\""))
  }

  /// Appends the UTF-8 bytes of `value` in the same way.
  public static func append(_ value: String, to line: inout ByteBuffer) {
    var value = value
    value.withUTF8 { append(UnsafeRawBufferPointer($0), to: &line) }
  }

  private static func appendEscaped(_ byte: UInt8, to line: inout ByteBuffer) {
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"):
      line.append(UInt8(ascii: "\\"))
      line.append(byte)
    case 0x20...0x7E, 0x80...: line.append(byte)
    default:
      line.append(byte < 16 ? "\\x0" : "\\x")
      line.append(hexadecimal: UInt(byte))
    }
  }
}
