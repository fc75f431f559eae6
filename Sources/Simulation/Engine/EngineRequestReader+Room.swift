internal import JSONFields
internal import Vocabulary

extension EngineRequestReader {
  /// The port of a bootstrap server that a body does not name.
  private static var bootstrapPort: UInt16 { 8998 }

  /// Where SGLang's engines meet for a body: what its bootstrap fields say, as transfer parameters.
  ///
  /// An engine that is neither for prefill nor for decode alone looks at none of them and gives
  /// nil. Throws a 400 when there is no room, or decode is not told where: neither engine can serve
  /// a request by itself.
  func room(_ fields: JSONValue) throws(EngineRefusal) -> KVParameters? {
    guard configuration.role != .both else { return nil }
    guard let room = fields["bootstrap_room"]?.integer, room >= 0 else {
      throw .badRequest(
        "Invalid request: Disaggregated request received without bootstrap room id.")
    }
    var parameters = KVParameters()
    parameters.transferID = "\(room)"
    if configuration.role == .prefill {
      parameters.doRemoteDecode = true
      return parameters
    }
    guard let host = fields["bootstrap_host"]?.string, !host.isEmpty else {
      throw .badRequest("Invalid request: Disaggregated request received without bootstrap host.")
    }
    let port = fields["bootstrap_port"]?.integer.flatMap(UInt16.init(exactly:))
    parameters.doRemotePrefill = true
    parameters.bootstrapAddress = HostAndPort(
      host: host, port: port ?? EngineRequestReader.bootstrapPort)
    return parameters
  }

  /// The `rid` of a `POST /abort_request` body; nil for `abort_all`.
  package func readAbort(_ body: UnsafeRawBufferPointer) throws(EngineRefusal) -> String? {
    let fields = try object(body)
    if try bool(fields, "abort_all") ?? false { return nil }
    guard let rid = fields["rid"]?.string, !rid.isEmpty else {
      throw .badRequest("Either rid or abort_all must be given.", parameter: "rid")
    }
    return rid
  }
}
