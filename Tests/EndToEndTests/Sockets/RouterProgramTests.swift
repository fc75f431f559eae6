import EventLoop
import PDRouter
import Policies
import Simulation
import Testing
import Vocabulary

/// The router as the program runs it: its own threads, metrics, probes, shutdown.
@Suite struct RouterProgramTests {
  /// Starts a router before two engines, lets `body` use it, stops both.
  private func withRouter(
    isDisaggregated: Bool, fault: EngineFault.Kind? = nil,
    configure: (inout RouterConfiguration) -> Void = { _ in },
    _ body: (_ router: Router, _ address: HostAndPort, _ metrics: HostAndPort) throws -> Void
  ) throws {
    let engines = try #require(EngineThread(count: 2, fault: fault))
    defer { engines.stop() }
    var configuration = RouterConfiguration.onLoopback(
      before: engines.addresses, isDisaggregated: isDisaggregated)
    configure(&configuration)
    let thread = try RouterThread(configuration)
    defer { thread.stop() }
    let metrics = try #require(thread.metrics)
    try body(thread.router, thread.address, metrics)
  }

  private static let requests: [FleetRequest] = [
    .chat("tell me a story about the sea"), .chat("and of the hills", streams: true),
    .completion("once upon a time", streams: true),
  ]

  @Test(arguments: [true, false])
  func `the program routes, counts and stops`(_ isDisaggregated: Bool) throws {
    let oracle = try AnswerOracle(Self.requests)
    try withRouter(isDisaggregated: isDisaggregated) { _, address, metrics in
      let answers = ClientThread.ask(Self.requests, at: address)
      #expect(
        answers.map { $0.map { GeneratedAnswer($0) } }
          == Self.requests.map { [oracle.answer(to: $0)] })
      let scraped = ClientThread.ask([FleetRequest("GET", "/metrics")], at: metrics)
      let text = scraped.first?.first?.text ?? ""
      #expect(text.contains("vllm_router"))
      #expect(text.contains(#""/v1/chat/completions"} 2"#))
    }
  }

  @Test func `a router told to stop lets a live stream end`() throws {
    let request = FleetRequest.chat("before you go", maxTokens: 60, streams: true)
    let right = try AnswerOracle([request]).answer(to: request)
    try withRouter(isDisaggregated: true) { router, address, _ in
      let answers = ClientThread.ask([request], at: address) { router.stop() }
      #expect(answers.map { $0.map { GeneratedAnswer($0) } } == [[right]])
      let late = ClientThread.ask([request], at: address)
      #expect(late == [[]])
    }
  }

  @Test func `an engine that fails its requests is ejected by all loops, and no client sees it`()
    throws
  {
    let request = FleetRequest.chat("who answers", maxTokens: 2)
    let right = try AnswerOracle([request]).answer(to: request)
    try withRouter(isDisaggregated: false, fault: .status(500, body: "{}", retryAfter: nil)) {
      $0.loops = 3
      $0.policy = .roundRobin
      $0.breaker.failureThreshold = 4
    } _: { router, address, metrics in
      for _ in 0..<30 {
        let answers = ClientThread.ask([request], at: address)
        #expect(answers.map { $0.map { GeneratedAnswer($0) } } == [[right]])
      }
      let text = ClientThread.ask([FleetRequest("GET", "/metrics")], at: metrics)[0][0].text
      let worker = router.registry.workers[0]
      #expect(!worker.isEligible && worker.isHealthy)
      #expect(text.contains("vllm_router_cb_state{worker=\"\(worker.url)\"} 1\n"))
      let label = "worker=\"\(worker.url)\",outcome=\"failure\""
      #expect(text.contains("vllm_router_cb_outcomes_total{\(label)} 4\n"))
    }
  }
}
