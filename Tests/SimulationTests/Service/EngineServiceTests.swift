import EventLoop
import Simulation
import Testing
import Vocabulary

/// What one engine's server does beside generating: refusals, hang-ups, faults, small answers.
@Suite struct EngineServiceTests {
  private let question = FleetRequest.completion("what then", maxTokens: 6)

  private func town(_ change: (inout EngineConfiguration) -> Void = { _ in }) throws -> EngineTown {
    let town = EngineTown()
    try town.add("p", change: change)
    try town.add("d", change: change)
    return town
  }

  private func prefill(_ prompt: String, extra: String = "") -> FleetRequest {
    .completion(prompt, maxTokens: 1, extra: prefillMember + extra)
  }

  private func decode(_ prompt: String, _ kv: String, model: String = "tiny") -> FleetRequest {
    var request = FleetRequest.completion(
      prompt, maxTokens: 6, extra: #","kv_transfer_params":\#(kv)"#)
    request.body = request.body?.replacing("\"tiny\"", with: "\"\(model)\"")
    return request
  }

  @Test func `a handle from one server is read by another, and the text is right`() throws {
    let town = try town()
    let first = town.ask(prefill(words(40)), of: "p")
    #expect(first.kv.contains("\"transfer_mode\":\"pull\""))
    let second = town.ask(decode(words(40), first.kv), of: "d")
    let alone = town.ask(.completion(words(40), maxTokens: 6), of: "p")
    #expect(second.text == alone.text && !alone.text.isEmpty)
    let counts = town.engines["p"]?.scheduler.exports.counts
    #expect(counts?.consumed == 1 && counts?.misuses == 0)
  }

  @Test func `token ids come back when asked for, at the place each endpoint has for them`() throws
  {
    let town = try town()
    let extra = prefillMember + #","return_token_ids":true"#
    let chat = town.ask(.chat("a b", maxTokens: 1, extra: extra), of: "p")
    let ids = try #require(
      chat.body.firstMatch(of: /"prompt_token_ids":(\[[0-9,]+\]),"prompt_text"/))
    #expect(chat.body.contains(/"stop_reason":null,"token_ids":\[[0-9]+\]/))
    let completion = town.ask(.completion("a b", maxTokens: 1, extra: extra), of: "p")
    #expect(
      completion.body.contains(
        /"token_ids":\[[0-9]+\],"prompt_logprobs":null,"prompt_token_ids":\[[0-9,]+\],"routed/))
    // The ids stand for the whole chat on a decode engine, whatever its messages say.
    let kv = String(chat.kv.dropLast()) + ",\"prompt_token_ids\":\(ids.1)}"
    let second = town.ask(
      .chat("something else", maxTokens: 6, extra: #","kv_transfer_params":\#(kv)"#), of: "d")
    #expect(second.text == town.ask(.chat("a b", maxTokens: 6), of: "p").text)
  }

  @Test(arguments: [
    #"{"model":"nobody","prompt":"x","kv_transfer_params":KV}"#,
    #"{"prompt":"x","max_tokens":9999999,"kv_transfer_params":KV}"#,
    #"{"prompt":"x","n":0,"kv_transfer_params":KV}"#, #"{"prompt":{},"kv_transfer_params":KV}"#,
  ])
  func `a refused decode request frees the prefill engine's blocks at once`(body: String) throws {
    let town = try town()
    let first = town.ask(prefill(words(40)), of: "p")
    let refused = FleetRequest(
      "POST", "/v1/completions", body: body.replacing("KV", with: first.kv))
    let answer = town.ask(refused, of: "d")
    #expect((400...404).contains(answer.status ?? 0))
    town.run(.milliseconds(5))
    let exports = town.engines["p"]?.scheduler.figures.exports
    #expect(exports == 0 && town.engines["p"]?.scheduler.exports.counts.released == 1)
  }

  @Test func `the word of a refusal waits for a step of an idle engine when told to`() throws {
    let town = try town { $0.noticeWaitsForStep = true }
    let first = town.ask(prefill(words(40)), of: "p")
    _ = town.ask(decode(words(40), first.kv, model: "nobody"), of: "d")
    town.run(.seconds(5))
    #expect(town.engines["p"]?.scheduler.figures.exports == 1)
    _ = town.ask(question, of: "d")
    town.run(.milliseconds(5))
    #expect(town.engines["p"]?.scheduler.exports.counts.released == 1)
  }

  @Test(arguments: [ClientScript.Ending.close, .reset])
  func `a prefill client that leaves at any moment pins nothing unless it was answered`(
    ending: ClientScript.Ending
  ) throws {
    var answered = 0
    var freedUntold = 0
    for step in 0..<60 {
      let town = try town()
      let call = town.call(prefill(words(20)), of: "p")
      town.world.schedule(after: .microseconds(300 + 200 * step)) { call.client.hangUp(ending) }
      town.run(.seconds(1))
      let scheduler = try #require(town.engines["p"]).scheduler.figures
      let wasAnswered = call.client.record.bytes.count > 0
      if wasAnswered { answered += 1 }
      freedUntold += town.engines["p"]?.scheduler.exports.counts.released ?? 0
      // An answer on its way when the client leaves has been written, and pins.
      if scheduler.exports > 0 {
        #expect(town.engines["p"]?.liveRequests == 0)
      } else {
        #expect(!wasAnswered && scheduler == .zero)
      }
    }
    #expect(answered > 0 && answered < 60 && freedUntold > 0)
  }

  @Test func `a half-closed connection counts as a disconnect, but an answer written is delivered`()
    throws
  {
    let town = try town()
    let early = ClientScript([
      .send(prefill(words(400)).bytes(host: "p", id: "a")), .finishWriting, .awaitEnd,
    ])
    let left = SimulatedClient(
      on: town.clients.loop, to: HostAndPort(host: "p", port: 8000), early)
    town.run(.seconds(2))
    #expect(left.record.bytes.isEmpty && town.engines["p"]?.scheduler.figures == .zero)
    let late = ClientScript([
      .send(prefill(words(400)).bytes(host: "p", id: "b")), .pauseReading,
      .wait(.seconds(1)), .finishWriting, .wait(.seconds(1)), .resumeReading, .awaitEnd,
    ])
    let stayed = SimulatedClient(
      on: town.clients.loop, to: HostAndPort(host: "p", port: 8000), late)
    town.run(.seconds(4))
    #expect(stayed.record.text.hasSuffix("}"))
    #expect(town.engines["p"]?.scheduler.figures.exports == 1)
  }

  @Test func `a stalled prefill pins until its client leaves, and no longer`() throws {
    let town = try town()
    town.engines["p"]?.faults.add(EngineFault(.stall, remaining: 1))
    let call = town.call(prefill(words(40)), of: "p")
    town.run(.seconds(3))
    #expect(call.client.record.bytes.isEmpty)
    #expect(town.engines["p"]?.scheduler.figures.exports == 1)
    call.client.hangUp(.close)
    town.run(.seconds(1))
    #expect(town.engines["p"]?.scheduler.figures == .zero)
    #expect(town.engines["p"]?.scheduler.exports.counts.released == 1)
  }

  @Test(arguments: [false, true])
  func `a stalled answer has no byte, whole or streamed`(streams: Bool) throws {
    let town = try town()
    try town.engines["p"]?.setFaults(json: #"{"kind":"stall"}"#)
    let call = town.call(.chat("hi", streams: streams), of: "p")
    town.run(.seconds(60))
    #expect(call.client.record.bytes.isEmpty)
    #expect(town.engines["p"]?.scheduler.figures == .zero)
    call.client.hangUp(.reset)
    town.run(.seconds(1))
    #expect(town.engines["p"]?.liveRequests == 0)
  }

  @Test(arguments: [false, true])
  func `an abort ends the answer after so many tokens and says so`(streams: Bool) throws {
    let town = try town()
    try town.engines["p"]?.setFaults(json: #"{"kind":"abort","tokens":3}"#)
    let cut = town.ask(.completion("tell me", maxTokens: 9, streams: streams), of: "p")
    let whole = town.ask(.completion("tell me", maxTokens: 3), of: "d")
    #expect(cut.status == 200 && cut.isWhole && cut.text == whole.text)
    #expect(cut.generated.finishReasons == ["abort"])
    #expect(!streams || cut.answer?.events.last == "[DONE]")
    #expect(town.engines["p"]?.scheduler.figures == .zero)
  }

  static let lies: [(String, String)] = [
    ("null", "null"), ("wrong_type", "\"see above\""), ("nameless", "\"remote_request_id\":null"),
    ("garbage", "\"remote_block_ids\":7"), ("stranger", "cmpl-stranger-0"),
    ("stale", "\"remote_request_id\":\"cmpl-one-0-"),
  ]

  @Test(arguments: lies)
  func `a lying prefill says what it was told to and pins all the same`(
    row: (lie: String, said: String)
  ) throws {
    let town = try town()
    #expect(town.ask(prefill(words(20)), of: "p", id: "one").kv.contains("cmpl-one-0-"))
    try town.engines["p"]?.setFaults(json: #"{"kind":"lie","as":"\#(row.lie)"}"#)
    let answer = town.ask(prefill(words(21)), of: "p", id: "two")
    #expect(answer.status == 200 && answer.kv.contains(row.said))
    #expect(town.engines["p"]?.scheduler.figures.exports == 2)
  }

  @Test func `a dead core answers 500, its health 503, and what was in flight fails`() throws {
    let town = try town()
    let health = FleetRequest("GET", "/health")
    #expect(town.ask(health, of: "p").status == 200)
    let whole = town.call(.completion(words(900), maxTokens: 60), of: "p")
    let stream = town.call(.chat("hi", maxTokens: 60, streams: true), of: "p")
    town.run(.milliseconds(300))
    try town.engines["p"]?.setFaults(json: #"{"kind":"core_death"}"#)
    town.run(.seconds(1))
    #expect(whole.status == 500 && whole.body.contains("EngineCore encountered an issue"))
    #expect(stream.status == 200 && stream.answer?.events.last == "[DONE]")
    #expect(stream.generated.errorMessage?.hasPrefix("EngineCore") == true)
    #expect(town.ask(health, of: "p").status == 503)
    #expect(town.ask(question, of: "p").status == 500)
    try town.engines["p"]?.setFaults(json: "[]")
    #expect(town.ask(health, of: "p").status == 503)
    #expect(town.engines["p"]?.isDead == true)
  }

  @Test func `the version is told, and what is not served is not found`() throws {
    let town = try town()
    let version = town.ask(FleetRequest("GET", "/version"), of: "p")
    #expect(version.body == #"{"version":"0.32.0"}"#)
    for path in ["/server_info", "/generate", "/query"] {
      #expect(town.ask(FleetRequest("GET", path), of: "p").status == 404)
    }
  }

  @Test func `Mooncake's bootstrap port says who lives there; other engines have none`() throws {
    let town = EngineTown()
    try town.add("p", .prefill) { $0.connector = .mooncake }
    try town.add("b") {
      $0.connector = .mooncake
      $0.bootstrapPort = 0
    }
    try town.add("d", .decode) { $0.connector = .mooncake }
    try town.add("n", .prefill)
    let query = FleetRequest("GET", "/query")
    #expect(
      town.ask(query, of: "p", port: 8998).body
        == #"{"0":{"engine_id":"p","worker_addr":{"0":{"0":"tcp://p:5600"}}}}"#)
    #expect(town.ask(FleetRequest("GET", "/other"), of: "p", port: 8998).status == 404)
    let free = try #require(town.engines["b"]?.configuration.bootstrapPort)
    #expect(free != 0 && town.ask(query, of: "b", port: free).status == 200)
    for name in ["d", "n"] {
      #expect(town.ask(query, of: name, port: 8998).client.record.connectedAt == nil)
    }
    #expect(town.ask(query, of: "p").status == 404)
  }
}
