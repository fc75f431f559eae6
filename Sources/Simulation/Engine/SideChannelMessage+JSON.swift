internal import JSONFields
package import Vocabulary

extension SideChannelMessage {
  /// Appends the message as one JSON object.
  package func write(to buffer: inout ByteBuffer) {
    switch self {
    case .read(let engineID, let requestID, let blockIDs, let consumer):
      buffer.append("{\"op\":\"read\",\"engine_id\":")
      buffer.append(jsonStringOrNull: engineID)
      buffer.append(",\"request_id\":")
      buffer.append(jsonString: requestID)
      buffer.append(",\"block_ids\":[")
      buffer.append(commaSeparated: blockIDs)
      buffer.append("],\"consumer\":")
      buffer.append(jsonString: consumer)
      buffer.append("}")
    case .notice(let requestID, let reason):
      buffer.append("{\"op\":\"notice\",\"request_id\":")
      buffer.append(jsonString: requestID)
      buffer.append(",\"reason\":\"\(reason.rawValue)\"}")
    case .heartbeat(let requestIDs):
      buffer.append("{\"op\":\"heartbeat\",\"request_ids\":[")
      for (place, requestID) in requestIDs.enumerated() {
        if place > 0 { buffer.append(",") }
        buffer.append(jsonString: requestID)
      }
      buffer.append("]}")
    case .ask(let ask): ask.write(to: &buffer)
    case .write(let write): write.write(to: &buffer)
    }
  }

  /// The message in a JSON object; nil when `text` holds none.
  package init?(json text: UnsafeRawBufferPointer) {
    guard let value = try? JSONValue(validating: text) else { return nil }
    switch value["op"]?.string {
    case "read":
      guard let requestID = value["request_id"]?.string, let consumer = value["consumer"]?.string
      else { return nil }
      let blockIDs = value["block_ids"]?.elements.map { $0.integer ?? -1 } ?? []
      self = .read(
        engineID: value["engine_id"]?.string, requestID: requestID, blockIDs: blockIDs,
        consumer: consumer)
    case "notice":
      guard let requestID = value["request_id"]?.string,
        let reason = value["reason"]?.string.flatMap(KVNotice.Reason.init(rawValue:))
      else { return nil }
      self = .notice(requestID: requestID, reason: reason)
    case "heartbeat":
      self = .heartbeat(
        requestIDs: value["request_ids"]?.elements.compactMap(\.string) ?? [])
    case "ask":
      guard let ask = KVAsk(value) else { return nil }
      self = .ask(ask)
    case "write":
      guard let write = KVWrite(value) else { return nil }
      self = .write(write)
    default: return nil
    }
  }
}
