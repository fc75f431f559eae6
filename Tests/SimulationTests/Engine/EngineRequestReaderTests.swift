import Simulation
import Testing
import Vocabulary

@Suite struct EngineRequestReaderTests {
  private var reader: EngineRequestReader {
    var configuration = EngineConfiguration()
    configuration.maxModelLength = 100
    return EngineRequestReader(configuration)
  }

  private func read(_ body: String, _ endpoint: EngineEndpoint = .completions) throws
    -> EngineRequest
  {
    try Array(body.utf8).withUnsafeBytes { try reader.read($0, for: endpoint, requestID: "r") }
  }

  @Test func `a full completion body is read`() throws {
    let request = try read(
      """
      {"model":"tiny","prompt":"hello there","max_tokens":7,"min_tokens":2,"n":3,"stream":true,
       "stream_options":{"include_usage":true,"continuous_usage_stats":true},"ignore_eos":true,
       "stop":["a","bc"],"include_stop_str_in_output":true,"return_token_ids":true,
       "cache_salt":"s","temperature":0.5,"unknown":{"x":[1]},"echo":false,
       "kv_transfer_params":{"do_remote_prefill":true,"do_remote_decode":false,
       "remote_block_ids":[[4,5]],"remote_engine_id":"e","remote_request_id":"q",
       "remote_host":"h","remote_port":5600,"new_field":1}}
      """)
    #expect(request.prompts == [EngineTokenizer.tokens(of: "hello there")])
    #expect(request.maxTokens == 7 && request.minTokens == 2 && request.n == 3)
    #expect(request.streams && request.includesUsage && request.includesUsageInChunks)
    #expect(request.ignoresEnd && request.includesStop && request.returnsTokenIDs)
    #expect(request.stops == ["a", "bc"] && request.cacheSalt == "s")
    #expect(request.kv?.source?.address == HostAndPort(host: "h", port: 5600))
    #expect(request.kv?.blockIDs == [4, 5])
    #expect(request.answerID == "cmpl-r" && request.choices == 3)
  }

  @Test(arguments: [
    ("\"abc\"", [EngineTokenizer.tokens(of: "abc")]), ("[1,2,3]", [[1, 2, 3]]),
    ("[\"a\",\"b\"]", [EngineTokenizer.tokens(of: "a"), EngineTokenizer.tokens(of: "b")]),
    ("[[1,2],[3]]", [[1, 2], [3]]),
  ])
  func `a prompt comes as text, ids, or several of either`(prompt: String, wanted: [[UInt32]])
    throws
  {
    #expect(try read("{\"prompt\":\(prompt)}").prompts == wanted)
  }

  @Test func `chat content is text or parts, and max_completion_tokens wins`() throws {
    let whole = try read(
      """
      {"messages":[{"role":"system","content":"be kind"},{"role":"user","content":"hi yo"}],
       "max_tokens":3,"max_completion_tokens":5}
      """, .chat)
    let parts = try read(
      """
      {"messages":[{"role":"system","content":"be kind"},{"role":"user","content":
       [{"type":"text","text":"hi"},{"type":"image_url"},{"type":"text","text":" yo"}]}]}
      """, .chat)
    #expect(whole.prompts == parts.prompts)
    #expect(
      EngineTokenizer.text(of: whole.prompts[0])
        == "<|system|>\nbe kind\n<|user|>\nhi yo\n<|assistant|>\n")
    #expect(whole.maxTokens == 5 && parts.maxTokens == nil)
    let ids = try read(
      """
      {"messages":[{"role":"user","content":"x"}],"kv_transfer_params":{"prompt_token_ids":[5,6]}}
      """, .chat)
    #expect(ids.prompts == [[5, 6]])
  }

  @Test func `generate takes ids and nested sampling`() throws {
    let request = try read(
      """
      {"request_id":"q","token_ids":[1,2,3],"sampling_params":{"max_tokens":3,"min_tokens":1}}
      """, .generate)
    #expect(request.prompts == [[1, 2, 3]] && request.maxTokens == 3 && request.minTokens == 1)
  }

  static let refusals: [(EngineEndpoint, String, Int, String)] = [
    (
      .completions, "{\"model\":\"nope\",\"prompt\":\"a\"}", 404,
      "The model `nope` does not exist. Valid aliases: tiny."
    ),
    (
      .completions, "{\"prompt\":\"a\",\"max_tokens\":4,\"min_tokens\":9}", 400,
      "min_tokens must be less than or equal to max_tokens=4, got 9."
    ),
    (
      .completions, "{\"prompt\":\"a\",\"max_tokens\":1,\"min_tokens\":2}", 400,
      "min_tokens must be less than or equal to max_tokens=1, got 2."
    ),
    (
      .completions, "{\"prompt\":\"a\",\"max_tokens\":0}", 400,
      "max_tokens must be at least 1, got 0. (parameter=max_tokens, value=0)"
    ),
    (
      .completions, "{\"prompt\":\"a\",\"max_tokens\":101}", 400,
      "max_tokens=101 cannot be greater than max_model_len=100. "
        + "Please request fewer output tokens. (parameter=max_tokens, value=101)"
    ),
    (.completions, "{\"prompt\":\"a\",\"n\":0}", 400, "n must be at least 1, got 0."),
    (
      .completions, "{\"prompt\":\"a\",\"n\":9223372036854775807}", 400,
      "n must be at most 1024, got 9223372036854775807."
    ),
    (
      .completions, "{}", 400,
      "Either prompt or prompt_embeds must be provided and non-empty. (parameter=prompt)"
    ),
    (.completions, "{\"prompt\":[]}", 400, "You must pass at least one prompt"),
    (
      .completions, "{\"prompt\":[4294967296]}", 400, "Token id 4294967296 is out of vocabulary"
    ),
    (.completions, "{\"prompt\":[-1]}", 400, "Token id -1 is out of vocabulary"),
    (
      .completions, "{\"prompt\":\"a\",\"stop\":[\"\"]}", 400,
      "stop cannot contain an empty string."
    ),
    (
      .chat, "{\"messages\":[]}", 400,
      "Cannot apply chat template to an empty conversation. Provide at least one message."
    ),
  ]

  @Test(arguments: refusals)
  func `a bad body gets vLLM's own words`(
    row: (endpoint: EngineEndpoint, body: String, status: Int, message: String)
  ) {
    do {
      _ = try read(row.body, row.endpoint)
      Issue.record("accepted")
    } catch {
      let refusal = error as? EngineRefusal
      #expect(refusal?.status == row.status)
      #expect(refusal?.message == row.message)
    }
  }

  @Test(arguments: [
    "", "[]", "{\"prompt\":", "{\"prompt\":\"a\",\"max_tokens\":\"x\"}", "{\"prompt\":{}}",
    "{\"prompt\":[1,\"a\"]}", "{\"prompt\":\"a\",\"stream\":7}", "{\"prompt\":[[]]}",
    "{\"prompt\":\"a\",\"stream_options\":{}}", "{\"prompt\":\"a\",\"model\":5}",
    "{\"prompt\":\"a\",\"max_tokens\":1e400}",
  ])
  func `a body of wrong types is a 400`(body: String) {
    #expect(throws: EngineRefusal.self) { try read(body) }
  }

  @Test func `a prompt that fills the model is refused, one token less is not`() throws {
    func body(_ count: Int) -> String {
      "{\"prompt\":[\(Array(repeating: "7", count: count).joined(separator: ","))]}"
    }
    #expect(try read(body(99)).prompts[0].count == 99)
    #expect {
      try read(body(100))
    } throws: { error in
      (error as? EngineRefusal)?.parameter == "input_tokens"
    }
  }

  @Test func `mutated bodies are read or refused, never worse`() {
    let base = Array(
      """
      {"model":"tiny","prompt":[1,2,"a"],"messages":[{"role":"user","content":[{"text":"x"}]}],
       "token_ids":[1],"sampling_params":{"n":2},"kv_transfer_params":{"remote_block_ids":[[1]],
       "remote_port":70000,"prompt_token_ids":[-1]},"stop":"a","n":1,"max_tokens":3}
      """.utf8)
    var generator = SplitMix64(seed: 11)
    var refused = 0
    for _ in 0..<3000 {
      var body = base
      for _ in 0..<Int.random(in: 0...3, using: &generator) {
        let place = Int.random(in: 0..<body.count, using: &generator)
        body[place] = UInt8.random(in: 32...126, using: &generator)
      }
      for endpoint in EngineEndpoint.allCases {
        let request = body.withUnsafeBytes {
          try? reader.read($0, for: endpoint, requestID: "r")
        }
        if request == nil { refused += 1 }
      }
    }
    #expect(refused > 3000)
  }
}
