internal import JSONFields
package import Vocabulary

extension SideChannelReply {
  /// Appends the reply as one JSON object; digests are decimal strings, as they have 64 bits.
  package func write(to buffer: inout ByteBuffer) {
    switch self {
    case .content(let digests):
      buffer.append("{\"content\":[")
      for (place, digest) in digests.enumerated() {
        if place > 0 { buffer.append(",") }
        buffer.append("[\"\(digest.value)\",\(digest.count)]")
      }
      buffer.append("]}")
    case .done:
      buffer.append("{}")
    case .refused(let reason):
      buffer.append("{\"refused\":")
      buffer.append(jsonString: reason)
      buffer.append("}")
    }
  }

  /// The reply in a JSON object; nil when `text` holds none.
  package init?(json text: UnsafeRawBufferPointer) {
    guard let value = try? JSONValue(validating: text), value.kind == .object else { return nil }
    if let reason = value["refused"]?.string {
      self = .refused(reason)
      return
    }
    guard let content = value["content"] else {
      self = .done
      return
    }
    var digests: [TokenDigest] = []
    for element in content.elements {
      guard let hash = element[0]?.string.flatMap({ UInt64($0) }),
        let count = element[1]?.integer, count >= 0
      else { return nil }
      digests.append(TokenDigest(value: hash, count: count))
    }
    self = .content(digests)
  }
}
