import PDRouter
import Simulation
import Testing
import Vocabulary

/// The router as the program runs it, before clients of HTTP/2, over loopback sockets.
@Suite struct HTTP2ProgramTests {
  private func withRouter(
    isDisaggregated: Bool, loops: Int = 1,
    _ body: (_ router: RouterThread) throws -> Void
  ) throws {
    let engines = try #require(EngineThread(count: 2))
    defer { engines.stop() }
    var configuration = RouterConfiguration.onLoopback(
      before: engines.addresses, isDisaggregated: isDisaggregated)
    configuration.loops = loops
    let thread = try RouterThread(configuration)
    defer { thread.stop() }
    try body(thread)
  }

  private func scrape(_ router: RouterThread) throws -> String {
    let metrics = try #require(router.metrics)
    let request = FleetRequest("GET", "/metrics")
    return HTTP2ClientThread.ask([request], at: metrics, connections: 1).first?.text ?? ""
  }

  @Test(arguments: [(true, 1), (true, 4), (false, 4)])
  func `many requests on few connections are answered as one engine would answer them`(
    isDisaggregated: Bool, loops: Int
  ) throws {
    let kinds: [FleetRequest] = [
      .chat("tell me a story about the sea"), .chat("and of the hills", streams: true),
      .completion("once upon a time", streams: true), .completion("they lived happily"),
    ]
    let oracle = try AnswerOracle(kinds)
    let requests = (0..<200).map { kinds[$0 % kinds.count] }
    try withRouter(isDisaggregated: isDisaggregated, loops: loops) { router in
      let answers = HTTP2ClientThread.ask(requests, at: router.address, connections: 4)
      #expect(answers.count == 200 && answers.allSatisfy { $0.isWhole && $0.status == 200 })
      #expect(answers.map { GeneratedAnswer($0) } == requests.map { oracle.answer(to: $0) })
      #expect(answers.map { $0.field("x-request-id") } == (0..<200).map { "client-\($0)" })
      let text = try scrape(router)
      #expect(text.contains(#"vllm_router_requests_total{route="/v1/chat/completions"} 100"#))
    }
  }

  @Test func `a router told to stop lets live streams end`() throws {
    let request = FleetRequest.chat("before you go", maxTokens: 60, streams: true)
    let right = try AnswerOracle([request]).answer(to: request)
    try withRouter(isDisaggregated: true) { router in
      let stopped = router.router
      let answers = HTTP2ClientThread.ask(
        Array(repeating: request, count: 5), at: router.address, connections: 2
      ) { stopped.stop() }
      #expect(answers.map { GeneratedAnswer($0) } == Array(repeating: right, count: 5))
      let late = HTTP2ClientThread.ask([request], at: router.address, connections: 1)
      #expect(late.map(\.status) == [0])
    }
  }
}
