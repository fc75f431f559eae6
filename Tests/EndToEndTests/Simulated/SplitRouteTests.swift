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
  ]

  @Test(arguments: kinds)
  func `a split request is answered as one engine would answer it`(
    _ request: FleetRequest
  ) throws {
    let fleet = try SimulatedFleet(.split(2, 2))
    let call = fleet.call(request)
    #expect(fleet.violations() == [])
    let direct = try #require(try SimulatedFleet.directAnswer(to: request, plan: fleet.plan))
    #expect(call.answer?.status == 200)
    #expect(call.generated.isComplete)
    #expect(call.generated == GeneratedAnswer(direct))
    let record = try #require(fleet.journal.record(of: call.id))
    #expect(record.prefillWorker?.url.text == "http://prefill-0:8000")
    #expect(record.servingWorker?.url.text == "http://decode-0:8000")
    #expect(record.handleOutcome.description == "consumed")
    #expect(fleet.router.handleCounts.consumed == 1)
  }
}
