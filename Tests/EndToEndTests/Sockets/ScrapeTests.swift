import EventLoop
import PDRouter
import Simulation
import Testing
import Vocabulary

/// The metrics port of a router with several loops, while they work.
@Suite struct ScrapeTests {
  private static let requests = (0..<40).map {
    FleetRequest.chat("count me \($0)", streams: $0 % 2 == 0)
  }

  /// What `text` says of one series.
  private func value(_ series: String, in text: String) -> Double? {
    text.split(separator: "\n").first { $0.hasPrefix(series + " ") }
      .flatMap { Double($0.dropFirst(series.count + 1)) }
  }

  private func scrape(_ address: HostAndPort, accept: String = "text/plain") -> ReceivedAnswer? {
    var request = FleetRequest("GET", "/metrics")
    request.fields = [.init("accept", accept)]
    return ClientThread.ask([request], at: address).first?.first
  }

  @Test func `counters of several loops only grow while they are read, and end exact`() throws {
    let engines = try #require(EngineThread(count: 2))
    defer { engines.stop() }
    var configuration = RouterConfiguration.onLoopback(
      before: engines.addresses, isDisaggregated: true)
    configuration.loops = 3
    configuration.observability.givesRouteReceipt = true
    let router = try RouterThread(configuration)
    defer { router.stop() }
    let address = router.address
    let metrics = try #require(router.metrics)
    let clients = LoopThread.start(name: "load") { _ in
      let answers = ClientThread.ask(Self.requests, at: address)
      if answers.contains(where: { $0.first?.status != 200 }) { Issue.record("not all answered") }
      if answers.contains(where: { $0.first?.field("x-pd-route")?.contains("decode=") != true }) {
        Issue.record("an answer without a receipt")
      }
    }
    let series = #"vllm_router_requests_total{route="/v1/chat/completions"}"#
    var last = 0.0
    for _ in 0..<30 {
      let text = try #require(scrape(metrics)).text
      let count = value(series, in: text) ?? 0
      #expect(count >= last)
      last = count
    }
    clients.join()
    let answer = try #require(
      scrape(metrics, accept: "application/openmetrics-text;version=1.0.0,text/plain;q=0.5"))
    #expect(answer.field("content-type")?.hasPrefix("application/openmetrics-text") == true)
    let text = answer.text
    #expect(text.hasSuffix("\n# EOF\n"))
    #expect(value(series, in: text) == 40)
    #expect(value(#"vllm_router_stage_duration_seconds_count{stage="prefill"}"#, in: text) == 40)
    let ended = text.split(separator: "\n").filter {
      $0.hasPrefix("vllm_router_backend_http_responses_total{") && $0.contains("code=\"200\"")
    }
    #expect(ended.count == 2 && ended.allSatisfy { $0.hasSuffix(" 40") })
    let gaps = value("vllm_router_inter_token_latency_seconds_count", in: text)
    #expect((gaps ?? 0) > 20)
    #expect((value("process_open_fds", in: text) ?? 1) > 0)
  }
}
