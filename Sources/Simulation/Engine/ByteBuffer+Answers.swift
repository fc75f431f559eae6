internal import JSONFields
internal import Vocabulary

extension ByteBuffer {
  /// Appends `text` as a JSON string, or `null`.
  mutating func append(jsonStringOrNull text: String?) {
    if let text { append(jsonString: text) } else { append("null") }
  }

  /// Appends numbers with commas between them.
  mutating func append(commaSeparated numbers: some Sequence<some BinaryInteger>) {
    var isFirst = true
    for number in numbers {
      if !isFirst { append(UInt8(ascii: ",")) }
      isFirst = false
      append(decimal: Int(number))
    }
  }
}
