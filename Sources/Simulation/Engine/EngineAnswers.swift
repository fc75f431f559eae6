internal import JSONFields
package import Vocabulary

/// The small fixed answers of an engine, in vLLM 0.32.0's shapes (measured): each appends a body.
package enum EngineAnswers {
  /// `GET /v1/models`; `created` is in seconds since 1970.
  package static func writeModels(
    of configuration: EngineConfiguration, created: Int, to buffer: inout ByteBuffer
  ) {
    buffer.append("{\"object\":\"list\",\"data\":[{\"id\":")
    buffer.append(jsonString: configuration.model)
    buffer.append(",\"object\":\"model\",\"created\":\(created),\"owned_by\":\"vllm\",\"root\":")
    buffer.append(jsonString: configuration.model)
    buffer.append(",\"parent\":null,\"max_model_len\":\(configuration.maxModelLength),")
    buffer.append("\"permission\":[{\"id\":\"modelperm-0000000000000000\",")
    buffer.append("\"object\":\"model_permission\",\"created\":\(created),")
    buffer.append("\"allow_create_engine\":false,\"allow_sampling\":true,")
    buffer.append("\"allow_logprobs\":true,\"allow_search_indices\":false,\"allow_view\":true,")
    buffer.append("\"allow_fine_tuning\":false,\"organization\":\"*\",\"group\":null,")
    buffer.append("\"is_blocking\":false}]}]}")
  }

  /// `GET /version`.
  package static func writeVersion(
    of configuration: EngineConfiguration, to buffer: inout ByteBuffer
  ) {
    buffer.append("{\"version\":")
    buffer.append(jsonString: configuration.version)
    buffer.append("}")
  }

  /// SGLang's `GET /server_info`.
  package static func writeServerInfo(
    of configuration: EngineConfiguration, to buffer: inout ByteBuffer
  ) {
    let mode = configuration.role == .both ? "null" : configuration.role.rawValue
    buffer.append("{\"model_path\":")
    buffer.append(jsonString: configuration.model)
    buffer.append(",\"disaggregation_mode\":\"\(mode)\",\"disaggregation_bootstrap_port\":")
    buffer.append(decimal: Int(configuration.bootstrapPort))
    buffer.append(",\"page_size\":\(configuration.cost.blockTokens),\"version\":")
    buffer.append(jsonString: configuration.version)
    buffer.append("}")
  }

  /// `GET /load`: requests in the engine. vLLM says 0 unless told to track its load.
  package static func writeLoad(_ load: Int, to buffer: inout ByteBuffer) {
    buffer.append("{\"server_load\":\(load)}")
  }

  /// `POST /tokenize`.
  package static func writeTokenized(
    _ tokens: [UInt32], by configuration: EngineConfiguration, to buffer: inout ByteBuffer
  ) {
    buffer.append("{\"count\":\(tokens.count),\"max_model_len\":")
    buffer.append(decimal: configuration.maxModelLength)
    buffer.append(",\"tokens\":[")
    buffer.append(commaSeparated: tokens)
    buffer.append("],\"token_strs\":null}")
  }

  /// `POST /detokenize`.
  package static func writeDetokenized(_ text: String, to buffer: inout ByteBuffer) {
    buffer.append("{\"prompt\":")
    buffer.append(jsonString: text)
    buffer.append("}")
  }
}
