import Simulation
import Testing
import Vocabulary

@Suite struct EngineReplyTests {
  private let fingerprint = "vllm-0.32.0-5d1a7e00"

  /// Runs a body through reader, scheduler and reply; the bytes, cut where a server would send.
  private func answer(
    _ body: String, _ endpoint: EngineEndpoint = .completions,
    change: (inout EngineConfiguration) -> Void = { _ in }
  ) throws -> (parts: [String], outcome: EngineReply.Outcome) {
    var configuration = EngineConfiguration()
    change(&configuration)
    let reader = EngineRequestReader(configuration)
    let request = try Array(body.utf8).withUnsafeBytes {
      try reader.read($0, for: endpoint, requestID: "abc")
    }
    var engine = EngineScheduler(configuration)
    var reply = EngineReply(to: request, by: configuration, created: 1_795_000_000)
    var buffer = ByteBuffer()
    var parts: [String] = []
    func flush() {
      if !buffer.isEmpty { parts.append(String(decoding: buffer.bytes, as: UTF8.self)) }
      buffer.removeAll()
    }
    if reply.open(into: &buffer) { flush() }
    _ = engine.submit(request, now: .zero)
    var outcome = EngineReply.Outcome.nothing
    var events: [EngineEvent] = []
    while let due = engine.nextWake {
      engine.advance(to: due)
      engine.drainEvents(into: &events)
      for event in events {
        if case .needsRemoteKV(let pull) = event { engine.remoteKVFailed(pull.target, now: due) }
        outcome = reply.absorb(event, into: &buffer)
        flush()
        if outcome == .end { return (parts, outcome) }
      }
      events.removeAll(keepingCapacity: true)
    }
    engine.drainEvents(into: &events)
    for event in events {
      outcome = reply.absorb(event, into: &buffer)
      flush()
    }
    return (parts, outcome)
  }

  private func words(_ text: String, _ count: Int) -> [String] {
    let digest = TokenDigest(of: EngineTokenizer.tokens(of: text))
    return (0..<count).map {
      EngineTokenizer.text(of: AnswerText.token(at: $0, choice: 0, of: digest))
    }
  }

  @Test func `a whole completion has the measured shape`() throws {
    let (parts, outcome) = try answer("{\"model\":\"tiny\",\"prompt\":\"hello\",\"max_tokens\":2}")
    let text = words("hello", 2).joined()
    #expect(outcome == .end)
    #expect(
      parts == [
        "{\"id\":\"cmpl-abc\",\"object\":\"text_completion\",\"created\":1795000000,"
          + "\"model\":\"tiny\",\"choices\":[{\"index\":0,\"text\":\"\(text)\",\"logprobs\":null,"
          + "\"finish_reason\":\"length\",\"stop_reason\":null,\"token_ids\":null,"
          + "\"prompt_logprobs\":null,\"prompt_token_ids\":null,\"routed_experts\":null}],"
          + "\"service_tier\":null,\"system_fingerprint\":\"\(fingerprint)\","
          + "\"usage\":{\"prompt_tokens\":2,\"total_tokens\":4,\"completion_tokens\":2,"
          + "\"prompt_tokens_details\":{\"cached_tokens\":0},\"completion_tokens_details\":null},"
          + "\"kv_transfer_params\":null,\"ec_transfer_params\":null,\"metrics\":null}"
      ])
  }

  @Test func `a completion stream has the measured shape`() throws {
    let (parts, _) = try answer(
      """
      {"prompt":"hello","max_tokens":2,"stream":true,"stream_options":{"include_usage":true}}
      """
    ) { $0.reportsCachedTokens = false }
    let head =
      "data: {\"id\":\"cmpl-abc\",\"object\":\"text_completion\",\"created\":1795000000,"
      + "\"model\":\"tiny\",\"choices\":["
    let text = words("hello", 2)
    func chunk(_ text: String, _ reason: String) -> String {
      head + "{\"index\":0,\"text\":\"\(text)\",\"logprobs\":null,\"finish_reason\":\(reason),"
        + "\"stop_reason\":null,\"prompt_token_ids\":null,\"token_ids\":null}]}\n\n"
    }
    #expect(
      parts == [
        chunk(text[0], "null"),
        chunk(text[1], "\"length\"") + head
          + "],\"usage\":{\"prompt_tokens\":2,\"total_tokens\":4,\"completion_tokens\":2},"
          + "\"system_fingerprint\":\"\(fingerprint)\"}\n\ndata: [DONE]\n\n",
      ])
  }

  @Test func `a chat stream begins with the role before any token`() throws {
    let (parts, _) = try answer(
      """
      {"messages":[{"role":"user","content":"hi"}],"max_tokens":2,"stream":true}
      """, .chat)
    let head =
      "data: {\"id\":\"chatcmpl-abc\",\"object\":\"chat.completion.chunk\","
      + "\"created\":1795000000,\"model\":\"tiny\",\"choices\":[{\"index\":0,\"delta\":"
    let text = words("<|user|>\nhi\n<|assistant|>\n", 2)
    #expect(
      parts == [
        head + "{\"role\":\"assistant\",\"content\":\"\"},\"logprobs\":null,"
          + "\"finish_reason\":null}],\"prompt_token_ids\":null,\"prompt_text\":null}\n\n",
        head + "{\"content\":\"\(text[0])\"},\"logprobs\":null,\"finish_reason\":null,"
          + "\"token_ids\":null}]}\n\n",
        head + "{\"content\":\"\(text[1])\"},\"logprobs\":null,\"finish_reason\":\"length\","
          + "\"stop_reason\":null,\"token_ids\":null}],"
          + "\"system_fingerprint\":\"\(fingerprint)\"}\n\ndata: [DONE]\n\n",
      ])
  }

  @Test func `a whole chat has the measured shape`() throws {
    let (parts, _) = try answer(
      """
      {"messages":[{"role":"user","content":"hi"}],"max_tokens":1,"return_token_ids":true}
      """, .chat)
    let tokens = EngineTokenizer.tokens(of: "<|user|>\nhi\n<|assistant|>\n")
    let token = AnswerText.token(at: 0, choice: 0, of: TokenDigest(of: tokens))
    let ids = tokens.map { "\($0)" }.joined(separator: ",")
    #expect(parts.count == 1)
    let text = EngineTokenizer.text(of: token)
    let message = #"""
      "choices":[{"index":0,"message":{"role":"assistant","content":"\#(text)","refusal":null,\#
      "annotations":null,"audio":null,"function_call":null,"reasoning":null},"logprobs":null,\#
      "finish_reason":"length","stop_reason":null,"token_ids":[\#(token)],"routed_experts":null}]
      """#
    #expect(parts[0].contains(message))
    #expect(
      parts[0].hasSuffix(
        "\"prompt_logprobs\":null,\"prompt_token_ids\":[\(ids)],\"prompt_text\":null,"
          + "\"kv_transfer_params\":null,\"ec_transfer_params\":null,\"metrics\":null}"))
  }

  @Test func `a prefill answer carries its parameters, its stream does not`() throws {
    let body =
      "\"prompt\":\"hello\",\"max_tokens\":1,\"kv_transfer_params\":{\"do_remote_decode\":true}"
    let (whole, _) = try answer("{\(body)}")
    #expect(whole[0].contains("\"kv_transfer_params\":{\"do_remote_prefill\":true,"))
    #expect(whole[0].hasSuffix(",\"ec_transfer_params\":null,\"metrics\":null}"))
    let (stream, _) = try answer("{\(body),\"stream\":true}")
    #expect(!stream.joined().contains("kv_transfer_params"))
  }

  @Test func `a failed read is a 500, and an event in a stream`() throws {
    let body =
      "\"prompt\":\"hello\",\"kv_transfer_params\":{\"do_remote_prefill\":true,"
      + "\"remote_block_ids\":[[1]],\"remote_engine_id\":\"x\",\"remote_request_id\":\"r\","
      + "\"remote_host\":\"h\",\"remote_port\":1}"
    let (whole, outcome) = try answer("{\(body)}")
    #expect(outcome == .failed(status: 500))
    #expect(
      whole == [
        "{\"error\":{\"message\":\"Internal server error\",\"type\":\"InternalServerError\","
          + "\"param\":null,\"code\":500}}"
      ])
    let (stream, end) = try answer("{\(body),\"stream\":true}")
    #expect(end == .end)
    #expect(
      stream == [
        "data: {\"error\": {\"message\": \"Internal server error\", \"type\": "
          + "\"InternalServerError\", \"param\": null, \"code\": 500}}\n\ndata: [DONE]\n\n"
      ])
  }

  @Test func `generate answers with ids`() throws {
    let (parts, _) = try answer(
      "{\"token_ids\":[1,2,3],\"sampling_params\":{\"max_tokens\":2}}", .generate)
    let digest = TokenDigest(of: [1, 2, 3])
    let ids = (0..<2).map { "\(AnswerText.token(at: $0, choice: 0, of: digest))" }
    #expect(
      parts[0].hasPrefix(
        "{\"request_id\":\"generate-tokens-abc\",\"choices\":[{\"index\":0,\"logprobs\":null,"
          + "\"finish_reason\":\"length\",\"token_ids\":[\(ids.joined(separator: ","))]}],"
          + "\"usage\":"
      ))
  }

  @Test func `several prompts and choices come in order with one usage`() throws {
    let (parts, _) = try answer("{\"prompt\":[\"a\",\"b\"],\"n\":2,\"max_tokens\":1}")
    let order = parts[0].split(separator: "\"index\":").dropFirst().map { $0.prefix(1) }
    #expect(order == ["0", "1", "2", "3"])
    #expect(
      parts[0].contains(
        "\"usage\":{\"prompt_tokens\":2,\"total_tokens\":6,\"completion_tokens\":4,"))
  }

  @Test func `metrics have vLLM's names and the counts of misuse`() {
    var engine = EngineScheduler(EngineConfiguration())
    _ = engine.submit(request(prompt(100), maxTokens: 2, kv: .prefill), now: .zero)
    engine.advance(to: .zero + .seconds(1))
    _ = engine.answer(
      .read(engineID: engine.configuration.engineID, requestID: "x", blockIDs: [1], consumer: "c"),
      now: .zero + .seconds(1))
    var buffer = ByteBuffer()
    EngineMetrics.write(engine, to: &buffer)
    let text = String(decoding: buffer.bytes, as: UTF8.self)
    let labels = "engine=\"0\",model_name=\"tiny\""
    for line in [
      "vllm:num_requests_running{\(labels)} 0.0",
      "vllm:num_requests_waiting_by_reason{\(labels),reason=\"deferred\"} 0.0",
      "vllm:prompt_tokens_by_source_total{\(labels),source=\"local_compute\"} 100.0",
      "vllm:request_success_total{\(labels),finished_reason=\"length\"} 1.0",
      "vllm:generation_tokens_total{\(labels)} 2.0",
      "vllm:nixl_num_kv_expired_reqs_total{\(labels)} 0.0",
      "vllm:nixl_num_notifications_after_expiry_total{\(labels)} 0.0",
      "vllm:time_to_first_token_seconds_bucket{\(labels),le=\"0.02\"} 1.0",
      "vllm:time_to_first_token_seconds_bucket{\(labels),le=\"+Inf\"} 1.0",
      "sim:kv_pinned_blocks{\(labels)} 7.0", "sim:kv_double_use_total{\(labels)} 0.0",
      "sim:kv_reads_after_free_total{\(labels)} 1.0", "# TYPE vllm:num_requests_running gauge",
    ] {
      #expect(text.contains(line + "\n"), "\(line)")
    }
  }

  @Test func `the small answers have the measured shapes`() {
    var buffer = ByteBuffer()
    let configuration = EngineConfiguration()
    EngineAnswers.writeVersion(of: configuration, to: &buffer)
    EngineAnswers.writeLoad(3, to: &buffer)
    EngineAnswers.writeTokenized([1, 2], by: configuration, to: &buffer)
    EngineAnswers.writeDetokenized("a\"b", to: &buffer)
    #expect(
      String(decoding: buffer.bytes, as: UTF8.self)
        == "{\"version\":\"0.32.0\"}{\"server_load\":3}{\"count\":2,\"max_model_len\":131072,"
        + "\"tokens\":[1,2],\"token_strs\":null}{\"prompt\":\"a\\\"b\"}")
    buffer.removeAll()
    EngineAnswers.writeModels(of: configuration, created: 5, to: &buffer)
    let text = String(decoding: buffer.bytes, as: UTF8.self)
    #expect(text.hasPrefix("{\"object\":\"list\",\"data\":[{\"id\":\"tiny\",\"object\":\"model\","))
  }
}
