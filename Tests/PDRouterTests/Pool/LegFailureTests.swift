import EventLoop
import Testing

@testable import PDRouter

@Suite struct LegFailureTests {
  @Test(arguments: ["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM", "EADDRNOTAVAIL", "EAGAIN"])
  func `a limit of our own does not blame the worker and is told as overload`(name: String) {
    let failure = LegFailure.notConnected(.connectFailed(detail: name))
    #expect(failure == .noSocket)
    #expect(!failure.blamesWorker && failure.nothingDelivered)
    let error = failure.error(origin: .decode)
    #expect(error.status == 503 && error.origin == .router && error.retryAfterSeconds == 1)
  }

  @Test(arguments: [
    StreamError.connectFailed(detail: "ECONNREFUSED"), .connectTimedOut,
    .resolutionFailed(detail: "EAI_NONAME"), .connectFailed(detail: "EHOSTUNREACH"),
  ])
  func `a worker that cannot be reached is blamed`(reason: StreamError) {
    let failure = LegFailure.notConnected(reason)
    #expect(failure == .unreachable(reason))
    #expect(failure.blamesWorker && failure.nothingDelivered)
    #expect(failure.error(origin: .decode).status == (reason == .connectTimedOut ? 504 : 502))
  }

  @Test func `a full pool is our own limit`() {
    #expect(!LegFailure.poolFull.blamesWorker && LegFailure.poolFull.nothingDelivered)
  }
}
