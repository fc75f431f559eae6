import EventLoop
import Simulation
import Testing
import Vocabulary

/// What is SGLang's own: rooms, `/generate`, `/abort_request`, prefill's late answer.
@Suite struct EngineRoomTests {
  private func town(_ change: (inout EngineConfiguration) -> Void = { _ in }) throws -> EngineTown {
    let town = EngineTown()
    for (name, role) in [("p", Role.prefill), ("d", .decode), ("b", .both)] {
      try town.add(name, role) {
        $0.connector = .sglang
        change(&$0)
      }
    }
    return town
  }

  /// A `/generate` of `prompt` in `room`, known as `rid`.
  private func generate(
    _ prompt: String, room: Int?, rid: String = "rid-1", extra: String = ""
  ) -> FleetRequest {
    let meeting = room.map { #","bootstrap_host":"p","bootstrap_room":\#($0)"# } ?? ""
    return FleetRequest(
      "POST", "/generate",
      body: """
        {"text":"\(prompt)","rid":"\(rid)",\
        "sampling_params":{"max_new_tokens":6}\(meeting)\(extra)}
        """)
  }

  private func abort(_ rid: String) -> FleetRequest {
    FleetRequest("POST", "/abort_request", body: #"{"rid":"\#(rid)"}"#)
  }

  private func figures(_ town: EngineTown, _ name: String) -> EngineFigures? {
    town.engines[name]?.scheduler.figures
  }

  @Test func `one engine alone answers generate with text, ids and how it ended`() throws {
    let town = try town()
    let whole = town.ask(generate("hello there", room: nil), of: "b")
    let chat = town.ask(.completion("hello there", maxTokens: 6), of: "b")
    #expect(
      whole.status == 200 && whole.body.hasPrefix("{\"text\":\"\(chat.text)\",\"output_ids\":["))
    #expect(
      whole.body.contains(
        #""meta_info":{"id":"rid-1","finish_reason":{"type":"length","length":6}"#))
    #expect(
      whole.body.contains(#""prompt_tokens":4,"weight_version":"default","completion_tokens":6"#))
    let stream = town.ask(generate("hello there", room: nil, extra: #","stream":true"#), of: "b")
    let events = stream.answer?.events ?? []
    #expect(events.last == "[DONE]" && events.count == 7)
    // Every event repeats the text so far; the last one is the whole answer.
    #expect(events.dropLast().last == whole.body)
    let stopped = FleetRequest(
      "POST", "/generate",
      body: #"{"input_ids":[1,2,3],"sampling_params":{"max_new_tokens":900,"n":2}}"#)
    let two = town.ask(stopped, of: "b")
    #expect(
      two.body.hasPrefix("[{") && two.body.contains(#""finish_reason":{"type":"stop","matched":"#))
  }

  @Test(arguments: ["p", "d"], ["/generate", "/v1/completions", "/v1/chat/completions"])
  func `a request without a room is a 400 on either side`(name: String, path: String) throws {
    let town = try town()
    let body = #"{"text":"x","prompt":"x","messages":[{"role":"user","content":"x"}]}"#
    let answer = town.ask(FleetRequest("POST", path, body: body), of: name)
    #expect(answer.status == 400 && answer.body.contains("without bootstrap room id"))
    #expect(town.ask(FleetRequest("POST", path, body: body), of: "b").status == 200)
  }

  @Test func `decode needs to be told where; a vLLM engine knows no generate, SGLang's no vLLM's`()
    throws
  {
    let town = try town()
    let nowhere = generate("x", room: nil, extra: #","bootstrap_room":5"#)
    #expect(town.ask(nowhere, of: "d").status == 400)
    try town.add("v")
    #expect(town.ask(generate("x", room: nil), of: "v").status == 404)
    #expect(town.ask(abort("x"), of: "v").status == 404)
    let ids = FleetRequest("POST", "/inference/v1/generate", body: #"{"token_ids":[1]}"#)
    #expect(town.ask(ids, of: "b").status == 404)
    #expect(town.ask(FleetRequest("GET", "/health_generate"), of: "p").status == 200)
    let info = town.ask(FleetRequest("GET", "/server_info"), of: "p").body
    #expect(info.contains(#""disaggregation_mode":"prefill","disaggregation_bootstrap_port":8998"#))
  }

  @Test func `prefill answers only when decode has the KV, and decode's text is right`() throws {
    let town = try town()
    let prefill = town.call(generate(words(60), room: 9), of: "p")
    town.run(.seconds(30))
    #expect(prefill.client.record.bytes.isEmpty && figures(town, "p")?.exports == 1)
    let decode = town.ask(generate(words(60), room: 9), of: "d")
    town.run(.milliseconds(10))
    #expect(prefill.status == 200 && prefill.body.contains(#"{"type":"length","length":1}"#))
    let alone = town.ask(generate(words(60), room: nil), of: "b")
    let text = decode.body.prefix { $0 != "," }
    #expect(text.count > 20 && alone.body.hasPrefix(text))
    #expect(figures(town, "p") == .zero && figures(town, "d") == .zero)
    #expect(town.engines["p"]?.scheduler.exports.counts.misuses == 0)
  }

  @Test(arguments: [false, true])
  func `an abort by rid ends prefill with an abort and frees it`(decodeHasCome: Bool) throws {
    let town = try town()
    let prefill = town.call(generate(words(1200), room: 9, rid: "a"), of: "p")
    if decodeHasCome { _ = town.call(generate(words(1200), room: 9, rid: "a"), of: "d") }
    town.run(.milliseconds(200))
    #expect(town.ask(abort("nobody"), of: "p").status == 200)
    #expect(figures(town, "p")?.requests == 1)
    #expect(town.ask(abort("a"), of: "p").status == 200)
    town.run(.milliseconds(10))
    #expect(prefill.status == 200 && prefill.body.contains(#""type":"abort""#))
    #expect(figures(town, "p") == .zero && town.engines["p"]?.liveRequests == 0)
    // Nobody tells decode: it must be aborted too.
    #expect(figures(town, "d")?.requests == (decodeHasCome ? 1 : 0))
    #expect(town.ask(abort("a"), of: "d").status == 200)
    #expect(figures(town, "d") == .zero)
  }

  @Test func `an abort while prefill offers its KV frees it; nobody else would for its time`()
    throws
  {
    let town = try town()
    let first = town.call(generate(words(40), room: 1, rid: "a"), of: "p")
    let second = town.call(generate(words(41), room: 2, rid: "b"), of: "p")
    town.run(.seconds(200))
    #expect(figures(town, "p")?.exports == 2)
    _ = town.ask(abort("a"), of: "p")
    town.run(.milliseconds(10))
    #expect(first.body.contains("abort") && figures(town, "p")?.exports == 1)
    town.run(.seconds(110))
    #expect(second.status == 500 && figures(town, "p") == .zero)
    #expect(town.engines["p"]?.scheduler.exports.counts.expired == 1)
  }

  @Test func `abort_all ends everything`() throws {
    let town = try town()
    let calls = (1...3).map { town.call(generate(words(40), room: $0), of: "p") }
    town.run(.seconds(1))
    _ = town.ask(FleetRequest("POST", "/abort_request", body: #"{"abort_all":true}"#), of: "p")
    town.run(.milliseconds(10))
    #expect(calls.allSatisfy { $0.body.contains("abort") } && figures(town, "p") == .zero)
    #expect(town.ask(FleetRequest("POST", "/abort_request", body: "{}"), of: "p").status == 400)
  }

  @Test func `prefill's client that leaves frees what it offers`() throws {
    let town = try town()
    let prefill = town.call(generate(words(40), room: 1), of: "p")
    town.run(.seconds(1))
    prefill.client.hangUp(.close)
    town.run(.milliseconds(10))
    #expect(figures(town, "p") == .zero)
  }

  @Test func `a room used twice is a misuse on either side`() throws {
    let town = try town()
    for round in 1...2 {
      _ = town.call(generate(words(40), room: 1), of: "p")
      _ = town.ask(generate(words(40), room: 1), of: "d")
      let counts = ["p", "d"].map { town.engines[$0]?.scheduler.exports.counts.doubleUses ?? 0 }
      #expect(counts.allSatisfy { ($0 > 0) == (round == 2) })
    }
  }

  @Test func `decode notices within two heartbeats that prefill has died`() throws {
    let town = try town()
    let decode = town.call(generate(words(40), room: 1), of: "d")
    town.run(.seconds(12))
    #expect(decode.client.record.bytes.isEmpty)
    town.kill("p")
    town.run(.seconds(4))
    #expect(decode.client.record.bytes.isEmpty)
    town.run(.seconds(12))
    #expect(decode.status == 500 && figures(town, "d") == .zero)
  }

  @Test func `what is kept for decode is reclaimed after the time configured`() throws {
    let town = try town { $0.reclaim = .seconds(20) }
    let prefill = town.call(generate(words(40), room: 1), of: "p")
    town.run(.seconds(19))
    #expect(figures(town, "p")?.exports == 1)
    town.run(.seconds(2))
    #expect(prefill.status == 500 && figures(town, "p") == .zero)
  }
}
