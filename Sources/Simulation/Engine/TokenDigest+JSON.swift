internal import JSONFields
internal import Vocabulary

extension ByteBuffer {
  /// Appends an array of digests; values are decimal strings, as they have 64 bits.
  mutating func append(digests: [TokenDigest]) {
    append("[")
    for (place, digest) in digests.enumerated() {
      if place > 0 { append(",") }
      append("[\"\(digest.value)\",\(digest.count)]")
    }
    append("]")
  }
}

extension TokenDigest {
  /// The digests in an array; nil when an element is none.
  static func list(_ array: JSONValue) -> [TokenDigest]? {
    var digests: [TokenDigest] = []
    for element in array.elements {
      guard let value = element[0]?.string.flatMap({ UInt64($0) }),
        let count = element[1]?.integer, count >= 0
      else { return nil }
      digests.append(TokenDigest(value: value, count: count))
    }
    return digests
  }
}
