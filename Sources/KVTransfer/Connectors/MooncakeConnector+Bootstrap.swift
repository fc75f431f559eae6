internal import JSONFields
internal import Vocabulary

// What a prefill worker's bootstrap server says of its engines: the answer of `GET /query` on the
// port `VLLM_MOONCAKE_BOOTSTRAP_PORT`, `{"0":{"engine_id":"…","worker_addr":{…}},…}` by rank.
extension MooncakeConnector {
  /// The bootstrap server's port when none was named (`VLLM_MOONCAKE_BOOTSTRAP_PORT`).
  public static var defaultBootstrapPort: UInt16 { 8998 }

  /// What decode engines must be told of the engine of data-parallel `rank`, as `answer` says it.
  ///
  /// `host` (IPv6 without brackets) and `bootstrapPort` are where the server was asked. No rank is
  /// rank 0; a rank that the answer lacks is any other that it has. Nil when no engine is named, or
  /// the answer is not a JSON object.
  public static func identity(
    inBootstrapAnswer answer: UnsafeRawBufferPointer, rank: Int?, host: String,
    bootstrapPort: UInt16
  ) -> KVPeerIdentity? {
    guard let engine = engineID(in: answer, rank: rank ?? 0) else { return nil }
    var members = ByteBuffer(capacity: 128)
    members.append("\"remote_engine_id\":")
    members.append(engine.raw)
    members.append(",\"remote_bootstrap_addr\":")
    members.append(jsonString: "http://\(HostAndPort(host: host, port: bootstrapPort))")
    let id = UnsafeRawBufferPointer(rebasing: engine.raw.dropFirst().dropLast())
    return KVPeerIdentity(
      engine: KVEngineIdentity(engineID: id), members: Array(members.bytes))
  }

  /// The id of the engine of `rank`, or of the first that has one.
  private static func engineID(in answer: UnsafeRawBufferPointer, rank: Int) -> JSONValue? {
    // Whoever asks the server asks again; why this answer is none does not matter.
    guard let root = try? JSONValue(validating: answer) else { return nil }
    var first: JSONValue?
    var wanted: JSONValue?
    for (name, entry) in root.members {
      guard let id = entry["engine_id"], id.kind == .string, id.rawRange.count > 2 else { continue }
      if first == nil { first = id }
      if name == String(rank) { wanted = id }
    }
    return wanted ?? first
  }
}
