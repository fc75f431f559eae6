internal import JSONFields
package import Vocabulary

extension SideChannelReply {
  /// Appends the reply as one JSON object.
  package func write(to buffer: inout ByteBuffer) {
    switch self {
    case .content(let digests):
      buffer.append("{\"content\":")
      buffer.append(digests: digests)
      buffer.append("}")
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
    guard let digests = TokenDigest.list(content) else { return nil }
    self = .content(digests)
  }
}
