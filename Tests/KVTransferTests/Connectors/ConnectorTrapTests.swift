import JSONFields
import KVTransfer
import Testing

/// What engines are known to get wrong when a router does, at the level of bodies.
struct ConnectorTrapTests {
  private static let names = KVConnectorName.allCases
  private static let vLLM: [KVConnectorName] = [.nixl, .mooncake, .moriio]

  private static var pair: KVHandOver {
    handOver {
      $0.prefill.messageAddress = "host:a,handshake:1,notify:2"
      $0.decode.messageAddress = "host:b,handshake:1,notify:2"
    }
  }

  /// The member `name` of a body, as text.
  private func value(_ name: String, of body: String) throws -> String? {
    try withBytes(of: body) { bytes in
      try JSONValue(validating: bytes).member(named: name).map {
        String(decoding: $0.raw, as: UTF8.self)
      }
    }
  }

  @Test(arguments: Self.vLLM)
  func `a first token that would end the text still leaves a cache to hand over`(
    name: KVConnectorName
  ) throws {
    let connector = name.make()
    for shape in [BodyShape.chat, .completions, .generate] {
      let body = try connector.prefillBody(shape, #"{"min_tokens":0,"max_tokens":9}"#, Self.pair)
      #expect(try value("min_tokens", of: body) == "1")
      #expect(try value("max_tokens", of: body) == "1")
    }
    let tokens = try connector.prefillBody(
      .tokensInOut, #"{"sampling_params":{"stop_token_ids":[7]}}"#, Self.pair)
    #expect(
      try value("sampling_params", of: tokens)
        == #"{"stop_token_ids":[7],"max_tokens":1,"min_tokens":1}"#)
  }

  @Test(arguments: [KVConnectorName.mooncake, .moriio])
  func `a response, which has no least length, does not end before its one token either`(
    name: KVConnectorName
  ) throws {
    let body = try name.make().prefillBody(
      .responses, #"{"ignore_eos":false,"stop_token_ids":[7]}"#, Self.pair)
    #expect(try value("ignore_eos", of: body) == "true")
    #expect(try value("stop_token_ids", of: body) == nil)
  }

  @Test(
    arguments: Self.vLLM,
    [
      (BodyShape.completions, #"{"prompt":["a","b"]}"#), (.completions, #"{"prompt":[[1],[2]]}"#),
      (.generate, #"{"text":["a"]}"#),
    ])
  func `prompts of a list never share one handle`(
    name: KVConnectorName, row: (BodyShape, String)
  ) throws {
    let reason = try withBytes(of: row.1) {
      Disaggregability(of: try JSONFields(validating: $0), in: $0, shape: row.0).wholeReason
    }
    #expect(try name.make().allowsSplit(despite: #require(reason)) == false)
  }

  @Test(arguments: Self.names)
  func `several answers never share one handle`(name: KVConnectorName) throws {
    let connector = name.make()
    #expect(!connector.allowsSplit(despite: .severalAnswers))
    #expect(!connector.allowsSplit(despite: .bestOf))
  }

  @Test(arguments: Self.vLLM)
  func `prefill makes one answer whatever the client asked for`(name: KVConnectorName) throws {
    let connector = name.make()
    let body = try connector.prefillBody(.completions, #"{"n":3,"best_of":4}"#, Self.pair)
    #expect(try value("n", of: body) == "1")
    #expect(try value("best_of", of: body) == nil)
  }

  @Test func `SGLang splits what only vLLM must not, because its decode can serve nothing whole`() {
    let connector = SGLangConnector()
    for reason in WholeReason.allCases {
      let isRefused = [.severalAnswers, .bestOf, .previousResponse].contains(reason)
      #expect(connector.allowsSplit(despite: reason) == !isRefused)
    }
    for name in Self.vLLM {
      #expect(WholeReason.allCases.allSatisfy { !name.make().allowsSplit(despite: $0) })
    }
  }

  @Test(
    arguments: Self.names,
    [
      ("model", #""adapter-7""#), ("tools", #"[{"type":"function","function":{"name":"f"}}]"#),
      ("tool_choice", #"{"type":"function","function":{"name":"f"}}"#),
      ("chat_template_kwargs", #"{"enable_thinking":false}"#), ("cache_salt", #""s\u00e9""#),
      ("chat_template", #""{{x}}""#), ("add_generation_prompt", "false"),
      ("response_format", #"{"type":"json_object"}"#), ("lora_path", #""l""#),
      ("documents", #"[{"text":"d"}]"#), ("mm_processor_kwargs", #"{"max_pixels":1e3}"#),
      (
        "messages",
        #"[{"role":"user","content":[{"type":"text","text":"a"},"#
          + #"{"type":"image_url","image_url":{"url":"data:image/png;base64,AA=="}}]}]"#
      ),
    ])
  func `what makes the prompt is the same on both legs, byte for byte`(
    name: KVConnectorName, field: (name: String, raw: String)
  ) throws {
    let connector = name.make()
    let body = "{\"\(field.name)\":\(field.raw),\"stream\":true,\"max_tokens\":5}"
    let parameters = name == .sglang ? connector.parameters(of: Self.pair) : #"{"x":1}"#
    #expect(
      try value(field.name, of: connector.prefillBody(.chat, body, Self.pair)) == field.raw)
    #expect(try value(field.name, of: connector.decodeBody(body, parameters)) == field.raw)
  }

  @Test func `decode is told how much of the prompt prefill had cached`() throws {
    let handle =
      #"{"do_remote_prefill":true,"remote_block_ids":[[1]],"remote_engine_id":"e","#
      + #""remote_request_id":"r","remote_host":"h","remote_port":1,"#
      + #""remote_prefill_cached_tokens":96}"#
    let connector = NIXLConnector()
    let parameters = try #require(
      try connector.parameters(
        inAnswer: #"{"prompt_token_ids":[1],"kv_transfer_params":\#(handle)}"#))
    #expect(try value("remote_prefill_cached_tokens", of: parameters) == "96")
    let body = try connector.decodeBody(#"{"messages":[]}"#, parameters)
    let sent = try #require(try value("kv_transfer_params", of: body))
    #expect(try value("remote_prefill_cached_tokens", of: sent) == "96")
  }

  @Test(arguments: Self.names)
  func `a client's own return_token_ids reaches decode as it was`(name: KVConnectorName) throws {
    let connector = name.make()
    let parameters = name == .sglang ? connector.parameters(of: Self.pair) : #"{"x":1}"#
    for raw in ["true", "false"] {
      let body = try connector.decodeBody("{\"return_token_ids\":\(raw)}", parameters)
      #expect(try value("return_token_ids", of: body) == raw)
    }
  }
}
