internal import JSONFields
package import Vocabulary

/// The `kv_transfer_params` object of every vLLM dialect, as a router sends it and as prefill
/// answers it.
///
/// Every field is optional, as on the wire; unknown fields are dropped here (a router must not).
package struct KVParameters: Hashable, Sendable {
  /// Asks a prefill engine to keep the blocks for a decode engine.
  package var doRemoteDecode = false
  /// Asks a decode engine to read the blocks instead of computing the prompt.
  package var doRemotePrefill = false
  /// The exporter's block ids in prompt order; nil when absent or null.
  package var blockIDs: [Int]?
  /// The exporter's identity.
  package var engineID: String?
  /// The exporter's name for the request.
  package var requestID: String?
  /// Where the exporter's side channel is.
  package var host: String?
  /// The port of the exporter's side channel.
  package var port: UInt16?
  /// How many tokens' KV the blocks hold.
  package var tokenCount: Int?
  /// How many of them the exporter itself found in its cache.
  package var cachedTokens: Int?
  /// How many tensor-parallel ranks the exporter has.
  package var tpSize: Int?
  /// `pull` or `push`; nil where the dialect has no such field.
  package var transferMode: String?
  /// The name of one transfer, minted by the router (Mooncake, MoRIIO; SGLang's room as text).
  package var transferID: String?
  /// Where prefill's bootstrap server is (Mooncake, SGLang).
  package var bootstrapAddress: HostAndPort?
  /// How many data-parallel ranks the other side has (MoRIIO).
  package var dpSize: Int?
  /// A prompt already rendered and tokenised (chat only, since 0.28).
  package var promptTokens: [UInt32]?

  /// Parameters that ask for nothing.
  package init() {}

  /// What a router sends to a prefill engine.
  package static var prefill: KVParameters {
    var parameters = KVParameters()
    parameters.doRemoteDecode = true
    return parameters
  }

  /// Where to read, when all four parts of the address are there. Without one of them a 0.32.0
  /// engine waits for ever, and dies when the request is aborted (measured).
  package var source: KVSource? {
    guard let engineID, let requestID, let host, let port else { return nil }
    return KVSource(
      engineID: engineID, requestID: requestID, address: HostAndPort(host: host, port: port))
  }

  /// Appends the object as prefill answers it, field for field as 0.32.0.
  package func write(to buffer: inout ByteBuffer) {
    buffer.append("{\"do_remote_prefill\":\(doRemotePrefill),\"do_remote_decode\":")
    buffer.append("\(doRemoteDecode),\"remote_block_ids\":")
    if let blockIDs {
      buffer.append("[[")
      buffer.append(commaSeparated: blockIDs)
      buffer.append("]]")
    } else {
      buffer.append("null")
    }
    buffer.append(",\"remote_engine_id\":")
    buffer.append(jsonStringOrNull: engineID)
    buffer.append(",\"remote_request_id\":")
    buffer.append(jsonStringOrNull: requestID)
    buffer.append(",\"remote_host\":")
    buffer.append(jsonStringOrNull: host)
    buffer.append(",\"remote_port\":\(port.map { "\($0)" } ?? "null")")
    buffer.append(",\"tp_size\":\(tpSize ?? 1),\"dcp_size\":1,\"pp_size\":1")
    buffer.append(",\"remote_num_tokens\":\(tokenCount ?? 0)")
    if transferMode != "push" { buffer.append(",\"remote_blocks_expiry_time\":null") }
    if let transferMode {
      buffer.append(",\"transfer_mode\":")
      buffer.append(jsonString: transferMode)
    }
    if let transferID {
      buffer.append(",\"transfer_id\":")
      buffer.append(jsonString: transferID)
    }
    if let dpSize { buffer.append(",\"remote_dp_size\":\(dpSize)") }
    buffer.append(",\"remote_prefill_cached_tokens\":\(cachedTokens ?? 0)}")
  }
}
