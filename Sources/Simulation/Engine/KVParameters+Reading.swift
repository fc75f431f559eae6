internal import JSONFields
internal import Vocabulary

extension KVParameters {
  /// The parameters in a body's or an answer's `kv_transfer_params`; nil unless it is an object.
  ///
  /// A field of another type than vLLM's counts as absent. Of several KV cache groups the first
  /// counts: the simulated model has one.
  init?(_ value: JSONValue?) {
    guard let value, value.kind == .object else { return nil }
    doRemoteDecode = value["do_remote_decode"]?.bool ?? false
    doRemotePrefill = value["do_remote_prefill"]?.bool ?? false
    if let groups = value["remote_block_ids"], groups.kind == .array {
      blockIDs = groups[0]?.elements.map { $0.integer ?? -1 } ?? []
    }
    engineID = value["remote_engine_id"]?.string
    requestID = value["remote_request_id"]?.string
    host = value["remote_host"]?.string
    port = value["remote_port"]?.integer.flatMap(UInt16.init(exactly:))
    tokenCount = value["remote_num_tokens"]?.integer
    cachedTokens = value["remote_prefill_cached_tokens"]?.integer
    tpSize = value["tp_size"]?.integer
    transferMode = value["transfer_mode"]?.string
    transferID = value["transfer_id"]?.string
    bootstrapAddress = value["remote_bootstrap_addr"]?.string.flatMap { HostAndPort(text: $0) }
    dpSize = value["remote_dp_size"]?.integer
    if let tokens = value["prompt_token_ids"], tokens.kind == .array {
      promptTokens = tokens.elements.map { element in
        element.integer.flatMap(UInt32.init(exactly:)) ?? .max
      }
    }
  }

  /// The parameters in a JSON object; nil when `text` is not one.
  package init?(json text: UnsafeRawBufferPointer) {
    guard let value = try? JSONValue(validating: text) else { return nil }
    self.init(value)
  }
}
