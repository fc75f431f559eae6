import KVTransfer
import PDRouter
import Simulation
import Testing
import Vocabulary

@Suite struct SplitRouteTests {
  static let kinds: [FleetRequest] = [
    .chat("tell me a story about the sea", streams: false),
    .chat("tell me a story about the sea", streams: true),
    .completion("once upon a time", streams: false),
    .completion("once upon a time", streams: true),
    .chat("count the tokens", streams: true, extra: #","stream_options":{"include_usage":true}"#),
    .completion("one token only", maxTokens: 1, streams: true),
  ]

  @Test(arguments: kinds)
  func `a split request is answered as one engine would answer it`(
    _ request: FleetRequest
  ) throws {
    let fleet = try SimulatedFleet(.split(2, 2))
    let call = fleet.call(request)
    #expect(fleet.violations() == [])
    #expect(try AnswerOracle([request]).wrongAnswers(in: fleet) == [])
    #expect(call.answer?.status == 200 && call.generated.isComplete)
    let record = try #require(fleet.journal.record(of: call.id))
    #expect(record.prefillWorker?.url.text == "http://prefill-0:8000")
    #expect(record.servingWorker?.url.text == "http://decode-0:8000")
    #expect(record.handleOutcome.description == "consumed" && record.attempts == 1)
    #expect(record.outcome == .completed && record.status == 200)
    #expect(fleet.engines.map(\.visits.count) == [1, 0, 1, 0])
    #expect(fleet.router.handleCounts.consumed == 1)
    #expect(fleet.decodes[0].engine.scheduler.counters.transfers == 1)
  }

  @Test(arguments: kinds)
  func `a request to a single pool is answered as one engine would answer it`(
    _ request: FleetRequest
  ) throws {
    let fleet = try SimulatedFleet(.pool(2))
    let call = fleet.call(request)
    #expect(fleet.violations() == [])
    #expect(try AnswerOracle([request]).wrongAnswers(in: fleet) == [])
    #expect(call.answer?.status == 200 && call.generated.isComplete)
    let record = try #require(fleet.journal.record(of: call.id))
    #expect(record.prefillWorker == nil)
    #expect(record.servingWorker?.url.text == "http://engine-0:8000")
    #expect(fleet.engines.map(\.visits.count) == [1, 0])
    #expect(fleet.router.handleCounts == KVLedgerCounts())
  }

  @Test func `requests take the workers in turn`() throws {
    let fleet = try SimulatedFleet(.split(3, 2))
    for number in 0..<12 {
      fleet.call(.chat("request \(number)"), after: .milliseconds(number * 40))
    }
    #expect(fleet.violations() == [])
    #expect(fleet.engines.map(\.visits.count) == [4, 4, 4, 6, 6])
  }

  @Test func `a stream's first token is on its way before the last is made`() throws {
    let fleet = try SimulatedFleet(.split(1, 1))
    let call = fleet.call(.chat("slowly please", maxTokens: 50, streams: true))
    #expect(fleet.violations() == [])
    let record = try #require(fleet.journal.record(of: call.id))
    let first = try #require(record.firstTokenAt)
    #expect(record.endedAt - first > .milliseconds(200))
    #expect(record.tokenEvents == 50)
    let arrivals = try #require(call.client?.record.arrivals.count)
    #expect(arrivals > 40)
  }

  @Test(arguments: [
    ("several_answers", FleetRequest.chat("two of them", extra: #","n":2"#)),
    ("several_answers", .completion("two of them", streams: true, extra: #","n":2"#)),
    ("echo", .completion("say it again", extra: #","echo":true"#)),
    (
      "prompt_list",
      FleetRequest(
        "POST", "/v1/completions", body: #"{"prompt":["first one","second"],"max_tokens":5}"#)
    ),
    ("prompt_logprobs", .completion("how likely", extra: #","prompt_logprobs":1"#)),
    ("best_of", .completion("the best", extra: #","best_of":3"#)),
  ])
  func `what cannot be split goes whole to one decode worker`(
    _ reason: String, _ request: FleetRequest
  ) throws {
    let fleet = try SimulatedFleet(.split(1, 2))
    let call = fleet.call(request)
    #expect(fleet.violations() == [])
    #expect(try AnswerOracle([request]).wrongAnswers(in: fleet) == [])
    #expect(call.generated.isComplete)
    #expect(fleet.prefills[0].visits.isEmpty)
    #expect(fleet.journal.record(of: call.id)?.reason.description == reason)
    #expect(fleet.router.handleCounts == KVLedgerCounts())
  }
}
