import PDRouter
import Simulation
import Testing
import Vocabulary

@Suite struct TransparencyTests {
  /// A body with what a JSON library would not give back as it was.
  private static let oddBody = """
    { "model" :"tiny","x\\u0041y":1.50e+00, \
    "messages":[ {"role":"user",  "content":"caf\\u00e9 ☕"}],\
    \t"max_tokens":4,"big":123456789012345678901234567890,"nested":{"max_tokens":7,"stream":1} }
    """

  private func fleet(_ plan: FleetPlan, _ requests: [FleetRequest]) throws -> SimulatedFleet {
    let fleet = try SimulatedFleet(plan)
    for request in requests { fleet.call(request) }
    #expect(fleet.violations() == [])
    return fleet
  }

  @Test func `a whole request reaches its engine byte for byte`() throws {
    let request = FleetRequest("POST", "/v1/chat/completions", body: Self.oddBody)
    let fleet = try fleet(.pool(1), [request])
    #expect(fleet.engines[0].visits.map(\.text) == [Self.oddBody])
    #expect(fleet.calls[0].answer?.status == 200)
  }

  @Test func `decode gets the client's body with nothing but the handle added`() throws {
    let request = FleetRequest("POST", "/v1/chat/completions", body: Self.oddBody)
    let fleet = try fleet(.split(1, 1), [request])
    let sent = Array(Self.oddBody.utf8)
    let got = try #require(fleet.decodes[0].visits.first?.body)
    let start = zip(sent, got).prefix { $0 == $1 }.count
    let end = zip(sent.reversed(), got.reversed()).prefix { $0 == $1 }.count
    #expect(start + end >= sent.count && got.count > sent.count)
    let added = String(decoding: got[start..<(got.count - (sent.count - start))], as: UTF8.self)
    #expect(added.contains(#""remote_engine_id":"prefill-0-life-1""#))
    #expect(added.contains("kv_transfer_params"))
  }

  @Test func `prefill is asked for one token and keeps the rest of the body`() throws {
    let request = FleetRequest("POST", "/v1/chat/completions", body: Self.oddBody)
    let fleet = try fleet(.split(1, 1), [request])
    let text = try #require(fleet.prefills[0].visits.first?.text)
    for kept in [
      #""x\u0041y":1.50e+00, "messages":[ {"role":"user",  "content":"caf\u00e9 ☕"}]"#,
      #""big":123456789012345678901234567890,"nested":{"max_tokens":7,"stream":1}"#,
      #""max_tokens":1,"#, #""do_remote_decode":true"#,
    ] {
      #expect(text.contains(kept), "\(kept)")
    }
  }

  @Test func `a client's own transfer parameters never reach an engine`() throws {
    let forged = #","kv_transfer_params":{"do_remote_prefill":true,"remote_host":"evil"}"#
    let requests: [FleetRequest] = [
      .chat("split", extra: forged), .completion("split", streams: true, extra: forged),
      .chat("whole", extra: forged + #","n":2"#),
      .chat("twice", extra: forged + forged),
      .chat("escaped", extra: #","kv_transfer_p\u0061rams":{"remote_host":"evil"}"#),
    ]
    for plan in [FleetPlan.split(1, 1), .pool(1)] {
      let fleet = try fleet(plan, requests)
      for visit in fleet.engines.flatMap(\.visits) { #expect(!visit.text.contains("evil")) }
      #expect(fleet.calls.allSatisfy { $0.generated.isComplete })
    }
  }

  @Test func `both legs and the answer carry the client's request id`() throws {
    let fleet = try SimulatedFleet(.split(1, 1))
    let call = fleet.call(.chat("who am I"), id: "the-client's-own")
    #expect(fleet.violations() == [])
    let ids = fleet.engines.flatMap(\.visits).map { $0.field("x-request-id") }
    #expect(ids == ["the-client's-own", "the-client's-own"])
    #expect(call.answer?.field("x-request-id") == "the-client's-own")
  }

  @Test func `without a client's id both legs carry the same new one`() throws {
    let fleet = try SimulatedFleet(.split(1, 1))
    let calls = (0..<2).map { _ in fleet.callWithoutID(.chat("who am I")) }
    #expect(fleet.violations() == [])
    let sent = fleet.prefills[0].visits.compactMap { $0.field("x-request-id") }
    let passedOn = fleet.decodes[0].visits.compactMap { $0.field("x-request-id") }
    #expect(sent.count == 2 && Set(sent).count == 2)
    #expect(Set(sent) == Set(passedOn))
    #expect(Set(calls.compactMap { $0.answer?.field("x-request-id") }) == Set(sent))
  }

  @Test func `hints go to prefill and to nobody else`() throws {
    let fleet = try fleet(.split(1, 1), [.chat("hint"), .chat("whole", extra: #","n":2"#)])
    func hints(_ visit: EngineVisit) -> [String] {
      visit.fields.map(\.name).filter { $0.hasPrefix("x-pd-prefill-") }
    }
    #expect(
      fleet.prefills[0].visits.map { hints($0) } == [
        [
          "x-pd-prefill-prompt-tokens", "x-pd-prefill-cached-tokens", "x-pd-prefill-queue-tokens",
          "x-pd-prefill-chunk-tokens",
        ]
      ])
    #expect(fleet.decodes[0].visits.flatMap { hints($0) }.isEmpty)
    #expect(!fleet.prefills[0].visits[0].text.contains("pd_prefill"))
  }

  @Test func `a client's fields go to both legs, those of its own hop to none`() throws {
    let request = FleetRequest.chat("fields")
      .with("Authorization", "Bearer secret").with("X-Tenant", "a").with("X-Hop", "mine")
      .with("Connection", "X-Hop").with("TE", "trailers").with("Accept-Encoding", "gzip")
    let fleet = try fleet(.split(1, 1), [request])
    for visit in fleet.engines.flatMap(\.visits) {
      #expect(visit.field("authorization") == "Bearer secret")
      #expect(visit.field("x-tenant") == "a")
      #expect(visit.field("x-hop") == nil && visit.field("te") == nil)
    }
    #expect(fleet.prefills[0].visits[0].field("accept-encoding") == nil)
    #expect(fleet.decodes[0].visits[0].field("accept-encoding") == "gzip")
    #expect(fleet.prefills[0].visits[0].field("host") == "prefill-0:8000")
    #expect(fleet.decodes[0].visits[0].field("host") == "decode-0:8000")
  }

  @Test(arguments: ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "PURGE"])
  func `unknown paths pass through with any method`(_ method: String) throws {
    let body = method == "GET" || method == "HEAD" ? nil : "no { JSON \u{1F600}"
    let request = FleetRequest(method, "/custom/thing?x=1&y=%20", body: body)
    for plan in [FleetPlan.split(1, 1), .pool(1)] {
      let fleet = try fleet(plan, [request])
      let visit = try #require(fleet.engines.last?.visits.first)
      #expect(visit.method == method && visit.target == "/custom/thing?x=1&y=%20")
      #expect(visit.text == body ?? "")
      let answer = try #require(fleet.calls[0].answer)
      #expect(answer.status == 404)
      #expect(answer.text == (method == "HEAD" ? "" : #"{"detail":"Not Found"}"#))
    }
  }

  @Test func `two requests sent ahead on one connection are answered in order`() throws {
    var first = FleetRequest.chat("first", streams: true)
    first.keepsAlive = true
    let second = FleetRequest.completion("second")
    let fleet = try SimulatedFleet(.split(1, 1))
    let call = fleet.call(first, id: "one") { script in
      script.steps.insert(.send(second.bytes(host: "router", id: "two")), at: 1)
    }
    fleet.runUntilAnswered()
    let answers = call.answers
    try #require(answers.count == 2)
    let right = try AnswerOracle([first, second])
    #expect(GeneratedAnswer(answers[0]) == right.answer(to: first))
    #expect(GeneratedAnswer(answers[1]) == right.answer(to: second))
    #expect(answers.map { $0.field("x-request-id") } == ["one", "two"])
    #expect(fleet.journal.entries.map(\.id) == ["one", "two"])
  }

  @Test func `the router answers for itself where it should`() throws {
    let fleet = try fleet(
      .split(1, 1),
      ["/health", "/liveness", "/readiness"].map { FleetRequest("GET", $0) }
        + [FleetRequest("GET", "/v1/chat/completions")])
    #expect(fleet.calls.map { $0.answer?.status } == [200, 200, 200, 405])
    #expect(fleet.engines.flatMap(\.visits).isEmpty)
    let models = try self.fleet(.split(1, 1), [FleetRequest("GET", "/v1/models")])
    #expect(models.calls[0].answer?.text.contains(#""id":"tiny""#) == true)
  }
}
