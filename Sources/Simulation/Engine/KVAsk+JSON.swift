internal import JSONFields
internal import Vocabulary

extension KVAsk {
  /// Appends the message.
  func write(to buffer: inout ByteBuffer) {
    buffer.append("{\"op\":\"ask\",\"engine_id\":")
    buffer.append(jsonStringOrNull: engineID)
    buffer.append(",\"name\":")
    buffer.append(jsonString: name)
    target.write(to: &buffer)
    buffer.append(",\"consumer_engine_id\":")
    buffer.append(jsonString: consumerEngineID)
    buffer.append(",\"host\":")
    buffer.append(jsonString: address.host)
    buffer.append(",\"port\":\(address.port),\"block_count\":\(blockCount)}")
  }

  /// The message in an object; nil when it is none.
  init?(_ value: JSONValue) {
    guard let name = value["name"]?.string, let target = EngineSequenceID(value),
      let consumerEngineID = value["consumer_engine_id"]?.string,
      let host = value["host"]?.string,
      let port = value["port"]?.integer.flatMap(UInt16.init(exactly:)),
      let blockCount = value["block_count"]?.integer, blockCount >= 0
    else { return nil }
    self.init(
      engineID: value["engine_id"]?.string, name: name, target: target,
      consumerEngineID: consumerEngineID, address: HostAndPort(host: host, port: port),
      blockCount: blockCount)
  }
}

extension KVWrite {
  /// Appends the message.
  func write(to buffer: inout ByteBuffer) {
    buffer.append("{\"op\":\"write\",\"engine_id\":")
    buffer.append(jsonString: engineID)
    buffer.append(",\"name\":")
    buffer.append(jsonString: name)
    target.write(to: &buffer)
    buffer.append(",\"content\":")
    buffer.append(digests: contents)
    buffer.append("}")
  }

  /// The message in an object; nil when it is none.
  init?(_ value: JSONValue) {
    guard let engineID = value["engine_id"]?.string, let name = value["name"]?.string,
      let target = EngineSequenceID(value), let content = value["content"],
      let contents = TokenDigest.list(content)
    else { return nil }
    self.init(engineID: engineID, name: name, target: target, contents: contents)
  }
}

extension EngineSequenceID {
  /// Appends the members `request` and `choice`.
  fileprivate func write(to buffer: inout ByteBuffer) {
    buffer.append(",\"request\":\(request.number),\"choice\":\(choice)")
  }

  fileprivate init?(_ value: JSONValue) {
    guard let number = value["request"]?.integer, let choice = value["choice"]?.integer
    else { return nil }
    self.init(request: EngineRequestID(number: number), choice: choice)
  }
}
