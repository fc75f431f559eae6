public import Vocabulary

/// Writing HTTP/1.1 messages at the end of a buffer.
///
/// Heads are written anew from parsed parts, never passed on as they came. Values from outside were
/// validated by a parser; our own are checked here, so no CR, LF or NUL gets into a head.
extension ByteBuffer {
  /// Appends a request line for a validated target; `query` (without its `?`) is left out when
  /// empty.
  ///
  /// An empty `path` is written as `/` (RFC 9112 §3.2.1).
  public mutating func appendRequestLine(
    method: UnsafeRawBufferPointer, path: UnsafeRawBufferPointer, query: UnsafeRawBufferPointer
  ) {
    precondition(!method.isEmpty)
    append(method)
    append(ASCII.space)
    if path.isEmpty {
      append(UInt8(ascii: "/"))
    } else {
      append(path)
    }
    if !query.isEmpty {
      append(UInt8(ascii: "?"))
      append(query)
    }
    append(" HTTP/1.1\r\n" as StaticString)
  }

  /// Appends a status line of HTTP/1.1 with the standard reason phrase; `status` is 100 to 999.
  public mutating func appendStatusLine(_ status: Int) {
    precondition(status >= 100 && status <= 999)
    // Inline, since most answers are this one.
    guard status != 200 else { return append(upTo: 17) { $0.put("HTTP/1.1 200 OK\r\n") } }
    let reason = ReasonPhrase.standard(status)
    append(upTo: BytePen.decimalRoom + reason.utf8CodeUnitCount + 12) { pen in
      pen.put("HTTP/1.1 ")
      pen.put(decimal: status)
      pen.put(" ")
      pen.put(reason)
      pen.put("\r\n")
    }
  }

  /// Appends a field whose value is our own literal, in ASCII without control characters.
  public mutating func appendField(name: StaticString, value: StaticString) {
    let bytes = UnsafeRawBufferPointer(start: value.utf8Start, count: value.utf8CodeUnitCount)
    precondition(FieldText.isValid(bytes))
    appendField(name: name, value: bytes)
  }

  /// Appends a field whose value is our own text, without control characters.
  public mutating func appendField(name: StaticString, value: String) {
    var value = value
    value.withUTF8 { text in
      let bytes = UnsafeRawBufferPointer(text)
      precondition(FieldText.isValid(bytes))
      appendField(name: name, value: bytes)
    }
  }

  /// Appends a field whose value is a number in decimal.
  public mutating func appendField(name: StaticString, value: Int) {
    append(upTo: name.utf8CodeUnitCount + BytePen.decimalRoom + 4) { pen in
      pen.put(name)
      pen.put(": ")
      pen.put(decimal: value)
      pen.put("\r\n")
    }
  }

  /// Appends a field whose value was validated by a parser, or by `FieldText.isValid`.
  public mutating func appendField(name: StaticString, value: UnsafeRawBufferPointer) {
    assert(FieldText.isValid(value))
    append(upTo: name.utf8CodeUnitCount + value.count + 4) { pen in
      pen.put(name)
      pen.put(": ")
      pen.put(value)
      pen.put("\r\n")
    }
  }

  /// Appends a field of a parsed head in its sender's spelling; `base` is the buffer it was parsed
  /// from.
  public mutating func appendField(
    copying field: HeaderField, from base: UnsafeRawBufferPointer
  ) {
    if let line = ByteBuffer.plainLine(of: field, in: base) {
      return append(UnsafeRawBufferPointer(rebasing: base[line]))
    }
    let name = field.name.of(base)
    let value = field.value.of(base)
    reserve(name.count + value.count + 4)
    append(name)
    append(": " as StaticString)
    append(value)
    appendLineEnd()
  }

  /// Where the whole line of a field is, if its sender wrote it as everybody does (`name: value`,
  /// CRLF): copied in one piece, and a third of the work of a request's head.
  @inline(__always)
  static func plainLine(
    of field: HeaderField, in base: UnsafeRawBufferPointer
  ) -> Range<Int>? {
    let (nameEnd, valueEnd) = (field.name.end, field.value.end)
    guard Int(field.value.offset) == nameEnd &+ 2, valueEnd &+ 2 <= base.count,
      base[nameEnd] == UInt8(ascii: ":"), base[nameEnd &+ 1] == UInt8(ascii: " "),
      base[valueEnd] == UInt8(ascii: "\r"), base[valueEnd &+ 1] == UInt8(ascii: "\n")
    else { return nil }
    return Int(field.name.offset)..<valueEnd &+ 2
  }

  /// Appends the empty line after the last field.
  public mutating func appendHeadEnd() {
    appendLineEnd()
  }

  /// Appends the size line before a chunk of `size` bytes, at least 1: a chunk of 0 would end the
  /// body.
  public mutating func appendChunkHead(size: Int) {
    precondition(size > 0)
    append(hexadecimal: UInt(size))
    appendLineEnd()
  }

  /// Appends the CRLF after a chunk's bytes.
  public mutating func appendChunkEnd() {
    appendLineEnd()
  }

  /// Appends the last chunk and an empty trailer section.
  public mutating func appendLastChunk() {
    append("0\r\n\r\n" as StaticString)
  }

  /// Appends the last chunk with trailer fields, each a line with its end.
  public mutating func appendLastChunk(trailers: UnsafeRawBufferPointer) {
    append("0\r\n" as StaticString)
    append(trailers)
    appendLineEnd()
  }

  @inline(__always)
  private mutating func appendLineEnd() {
    append("\r\n" as StaticString)
  }
}
