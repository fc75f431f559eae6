import EventLoop
import Testing
import Wire

@testable import PDRouter

/// A failure, whether the worker can have seen anything, and the status the client gets.
private let failures: [(LegFailure, Bool, Int)] = [
  (.unreachable(.connectTimedOut), true, 502),
  (.unreachable(.connectFailed(detail: "ECONNREFUSED")), true, 502),
  (.unreachable(.resolutionFailed(detail: "ENOTFOUND")), true, 502),
  (.poolFull, true, 503),
  (.brokenBeforeAnswer, false, 502),
  (.brokenWithinAnswer, false, 502),
  (.malformed(.invalidStatusLine), false, 502),
  (.answerTooLarge, false, 502),
]

struct LegFailureTests {
  @Test(arguments: failures)
  func `a failure knows what was delivered and which status it earns`(
    failure: LegFailure, nothingDelivered: Bool, status: Int
  ) {
    #expect(failure.nothingDelivered == nothingDelivered)
    #expect(failure.error(origin: .decode).status == status)
  }

  @Test(arguments: failures)
  func `what the client is told names a side and never an address`(
    failure: LegFailure, _: Bool, _: Int
  ) {
    let error = failure.error(origin: .prefill)
    #expect(error.message.contains("prefill"))
    #expect(!error.message.contains("ECONN") && !error.message.contains(":"))
  }
}
