import KVTransfer
import PDRouter
import Simulation
import Testing
import Vocabulary

/// What engines refuse, what takes too long, and what the client is told of it.
@Suite struct RefusalTests {
  private static let busy = #"{"error":{"message":"busy","type":"x","code":503}}"#

  @Test func `a 4xx of prefill is the client's, byte for byte`() throws {
    let request = FleetRequest(
      "POST", "/v1/chat/completions",
      body: #"{"model":"nobody","messages":[{"role":"user","content":"hi"}]}"#)
    let fleet = try SimulatedFleet(.split(2, 2))
    let call = fleet.call(request)
    #expect(fleet.violations() == [])
    let direct = try #require(try SimulatedFleet.directAnswer(to: request, plan: fleet.plan))
    #expect(call.answer?.status == 404 && direct.status == 404)
    #expect(call.answer?.body == direct.body)
    #expect(fleet.engines.map(\.visits.count) == [1, 0, 0, 0])
    #expect(fleet.journal.record(of: call.id)?.outcome == .completed)
  }

  @Test(arguments: [400, 404, 409, 413, 422])
  func `a 4xx of decode is the client's, and its handle is released`(_ status: Int) throws {
    let fleet = try SimulatedFleet(.split(1, 2))
    let text = "{ \"odd\" :\t\(status)}"
    fleet.decodes[0].engine.faults.add(
      EngineFault(.status(status, body: text, retryAfter: 9), remaining: 1))
    let call = fleet.call(.chat("refuse me", streams: true))
    #expect(fleet.violations() == [])
    #expect(call.answer?.status == status && call.answer?.text == text)
    #expect(call.answer?.field("retry-after") == "9")
    #expect(fleet.decodes[1].visits.isEmpty)
    #expect(fleet.router.handleCounts.released == 1)
  }

  @Test(arguments: [408, 429])
  func `an engine that is full is left for another, in a pool and on either leg`(
    _ status: Int
  ) throws {
    for (plan, struck) in [(FleetPlan.pool(2), 0), (.split(2, 2), 0), (.split(2, 2), 2)] {
      let fleet = try SimulatedFleet(plan)
      fleet.engines[struck].engine.faults.add(
        EngineFault(.status(status, body: "{}", retryAfter: 9), remaining: 1))
      let request = FleetRequest.chat("let me in", streams: true)
      let call = fleet.call(request)
      #expect(fleet.violations() == [])
      #expect(try AnswerOracle([request]).wrongAnswers(in: fleet) == [])
      #expect(call.generated.isComplete && fleet.journal.record(of: call.id)?.attempts == 2)
    }
  }

  @Test func `Retry-After of prefill is kept when nobody else can help`() throws {
    var plan = FleetPlan.split(3, 1)
    plan.router.retries.attempts = 3
    let fleet = try SimulatedFleet(plan)
    for (number, prefill) in fleet.prefills.enumerated() {
      prefill.engine.faults.add(
        EngineFault(.status(503, body: Self.busy, retryAfter: 10 + number)))
    }
    let call = fleet.call(.chat("when then"))
    #expect(fleet.violations() == [])
    #expect(call.answer?.status == 503)
    #expect(call.answer?.field("retry-after") == "12")
    #expect(call.answer?.text == Self.busy)
    #expect(fleet.engines.map(\.visits.count) == [1, 1, 1, 0])
  }

  @Test func `a single pool's 5xx comes with its own words`() throws {
    let fleet = try SimulatedFleet(.pool(1))
    fleet.engines[0].engine.faults.add(
      EngineFault(.status(503, body: Self.busy, retryAfter: 4)))
    let call = fleet.call(.chat("when then"))
    #expect(fleet.violations() == [])
    #expect(call.answer?.status == 503 && call.answer?.text == Self.busy)
    #expect(call.answer?.field("retry-after") == "4")
  }

  @Test(arguments: [Role.prefill, .decode])
  func `an engine that never answers ends in a 504`(_ role: Role) throws {
    for streams in [false, true] {
      var plan = FleetPlan.split(1, 1)
      plan.router.timeouts.request = .seconds(2)
      let fleet = try SimulatedFleet(plan)
      let struck = role == .prefill ? fleet.prefills[0] : fleet.decodes[0]
      struck.engine.faults.add(EngineFault(.hang))
      let call = fleet.call(.chat("anybody there", streams: streams))
      fleet.runUntilAnswered()
      let client = try #require(call.client?.record)
      let waited = try #require(client.arrivals.first).instant - client.startedAt
      #expect(waited >= .seconds(2) && waited < .milliseconds(2100))
      #expect(call.answer?.status == 504)
      #expect(call.generated.errorCode == "request_timeout")
      #expect(fleet.violations() == [])
    }
  }

  @Test func `a stream that outlives its time ends with an error event`() throws {
    var plan = FleetPlan.split(1, 1)
    plan.router.timeouts.request = .milliseconds(300)
    let fleet = try SimulatedFleet(plan)
    let request = FleetRequest.chat("on and on", maxTokens: 500, streams: true)
    let call = fleet.call(request)
    #expect(fleet.violations() == [])
    #expect(try AnswerOracle([request]).wrongAnswers(in: fleet) == [])
    #expect(call.answer?.status == 200 && call.answer?.events.last == "[DONE]")
    #expect(call.generated.errorCode == "request_timeout")
  }

  @Test(arguments: ["{", "[1]", "", "{\"a\":\"\\ud800\"}", "nonsense"])
  func `a body that is no JSON object is refused before any engine sees it`(
    _ body: String
  ) throws {
    let fleet = try SimulatedFleet(.split(1, 1))
    let call = fleet.call(FleetRequest("POST", "/v1/chat/completions", body: body))
    let next = fleet.call(.chat("and this one is fine"), after: .milliseconds(1))
    #expect(fleet.violations() == [])
    #expect(call.answer?.status == 400)
    #expect(call.generated.errorCode == "bad_request")
    #expect(next.generated.isComplete)
    #expect(fleet.engines.map(\.visits.count) == [1, 1])
  }

  @Test func `when the workers are gone the client hears it at once`() throws {
    let fleet = try SimulatedFleet(.split(1, 1))
    for engine in fleet.engines { engine.kill() }
    let call = fleet.call(.chat("hello"))
    #expect(fleet.run(within: .seconds(1)) { call.isOver })
    #expect(call.answer?.status == 502)
    #expect(call.generated.errorCode == "worker_unreachable")
    #expect(fleet.violations() == [])
  }
}
