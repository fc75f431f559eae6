internal import JSONFields
internal import Vocabulary

/// One JSON object as it is written, member after member.
struct JSONText: ~Copyable {
  private var buffer = ByteBuffer()
  private var isFirst = true

  /// An object without members.
  init() {
    buffer.append(UInt8(ascii: "{"))
  }

  /// The object's bytes.
  consuming func finish() -> ByteBuffer {
    buffer.append(UInt8(ascii: "}"))
    return buffer
  }

  mutating func member(_ name: String, _ value: Int?) {
    begin(name)
    if let value { buffer.append(decimal: value) } else { buffer.append("null" as StaticString) }
  }

  mutating func member(_ name: String, _ value: Double?) {
    begin(name)
    append(value)
  }

  mutating func member(_ name: String, _ value: String?) {
    begin(name)
    if let value { buffer.append(jsonString: value) } else { buffer.append("null" as StaticString) }
  }

  /// A list, each element of which `append` writes.
  mutating func list<Element>(
    _ name: String, _ elements: [Element], _ append: (inout JSONText, Element) -> Void
  ) {
    begin(name)
    values(elements, append)
  }

  /// The elements of a list inside a list.
  mutating func values<Element>(
    _ elements: [Element], _ append: (inout JSONText, Element) -> Void
  ) {
    buffer.append(UInt8(ascii: "["))
    var separator = false
    for element in elements {
      if separator { buffer.append(", " as StaticString) }
      separator = true
      append(&self, element)
    }
    buffer.append(UInt8(ascii: "]"))
  }

  /// A value inside a list; what is no number in JSON becomes null.
  mutating func append(_ value: Double?) {
    guard let value, value.isFinite else { return buffer.append("null" as StaticString) }
    buffer.append("\(value)")
  }

  mutating func append(_ value: Int) { buffer.append(decimal: value) }

  mutating func append(_ value: String) { buffer.append(jsonString: value) }

  private mutating func begin(_ name: String) {
    if !isFirst { buffer.append(", " as StaticString) }
    isFirst = false
    buffer.append(jsonString: name)
    buffer.append(": " as StaticString)
  }
}
