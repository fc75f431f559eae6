import EventLoop
import Policies
import Simulation
import Testing
import Vocabulary

@testable import PDRouter

private typealias Act = ScriptedEngine.Act

/// What the whole router counts and tells of requests, in virtual time.
@Suite(.overBothProtocols) struct ObservedRequestTests {
  private static let streamHead =
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
  private static let token = #"data: {"choices":[{"delta":{"content":"a"}}]}"# + "\n\n"
  private static let done = "data: [DONE]\n\n"
  private let chat = post("/v1/chat/completions", chatBody)

  private static func chunk(_ text: String) -> Act {
    .send(String(text.utf8.count, radix: 16) + "\r\n" + text + "\r\n")
  }

  /// A stream of pieces, so many milliseconds after each other.
  private static func stream(_ pieces: String..., every milliseconds: Int = 20) -> [Act] {
    [.send(streamHead)] + pieces.flatMap { [.wait(.milliseconds(milliseconds)), chunk($0)] }
      + [.send("0\r\n\r\n")]
  }

  private func metrics(_ world: RouterWorld) -> PrometheusText {
    let configuration = world.router.configuration
    let metrics = PrometheusText(
      MetricsText(
        loops: [world.metrics], workers: world.registry.workers, now: world.world.now,
        prefixes: world.router.policyMemory.prefixes,
        policies: (configuration.policy(of: .prefill), configuration.policy(of: .decode))
      ).write().text)
    #expect(metrics.faults == [])
    return metrics
  }

  @Test func `a stream's gaps, stages and bytes are told exactly`() {
    let world = RouterWorld()
    world.engines[0].script = { _ in
      Self.stream(Self.token, Self.token + Self.token, Self.token, Self.done)
    }
    let body = world.fetch(chat)[0].body
    let record = world.records[0]
    let found = metrics(world)
    // Four tokens: gaps of 20, 0 and 20 ms.
    let gap = "vllm_router_inter_token_latency_seconds"
    #expect(found[gap + "_count"] == 3)
    #expect(found[gap + #"_bucket{le="0.0005"}"#] == 1)
    #expect(abs((found[gap + "_sum"] ?? 0) - 0.04) < 1e-3)
    let average = "vllm_router_time_per_output_token_seconds"
    #expect(found[average + "_count"] == 1)
    #expect(found[average + #"_bucket{le="0.01"}"#] == 0)
    #expect(found[average + #"_bucket{le="0.015"}"#] == 1)
    for (stage, count) in [
      ("queue", 1), ("prefill", 0), ("hand_over", 0), ("decode_wait", 1), ("decode", 1),
      ("total", 1),
    ] as [(String, Double)] {
      #expect(
        found["vllm_router_stage_duration_seconds_count{stage=\"\(stage)\"}"] == count, "\(stage)")
    }
    #expect(record.tokenEvents == 4)
    #expect((record.timePerToken ?? .zero) > .milliseconds(13))
    #expect((record.timePerToken ?? .zero) < .milliseconds(14))
    let route = #"{route="/v1/chat/completions"}"#
    #expect(found["vllm_router_request_bytes_total\(route)"] == Double(chatBody.utf8.count))
    #expect(found["vllm_router_response_bytes_total\(route)"] == Double(body.utf8.count))
  }

  @Test func `a split request's stages add up to its total`() throws {
    let world = makeSplitWorld()
    world.engines[0].script = { _ in
      [.wait(.milliseconds(30)), .send(SplitWorld.prefilled(0))]
    }
    world.engines[2].script = { _ in Self.stream(Self.token, Self.token, Self.done) }
    _ = world.fetch(chat)
    let record = world.records[0]
    let parts = RouteStage.allCases.dropLast().compactMap { record.time(of: $0) }
    #expect(parts.count == 5)
    #expect(parts.reduce(.zero, +) <= record.totalTime)
    #expect(record.totalTime - parts.reduce(.zero, +) < .milliseconds(1))
    #expect(try #require(record.prefillTime) >= .milliseconds(30))
    #expect(try #require(record.decodeWait) >= .milliseconds(20))
    #expect(record.servingHeadAt != nil)
    let found = metrics(world)
    #expect(found["vllm_router_pd_decode_pending_seconds_count"] == 1)
    #expect(
      found[#"vllm_router_pd_pending_decode_requests{worker="http://w2:8000",rank="aggregate"}"#]
        == 0)
  }

  @Test func `answers are counted by phase and status, as engines gave them and clients got them`()
  {
    let world = makeSplitWorld(prefill: 1, decode: 1)
    var refuses = false
    world.engines[1].script = { _ in
      [.send(refuses ? RouterWorld.answer("{}", status: 429) : RouterWorld.ok)]
    }
    #expect(world.fetch(chat).map(\.status) == [200])
    refuses = true
    #expect(world.fetch(chat).map(\.status) == [429])
    #expect(world.fetch(get("/health")).map(\.status) == [200])
    #expect(world.fetch(get("/made/up/path")).map(\.status) == [429])
    #expect(world.fetch("junk\r\n\r\n").map(\.status) == [400])
    let found = metrics(world)
    func backend(_ worker: Int, _ phase: String, _ status: Int) -> Double? {
      found[
        "vllm_router_backend_http_responses_total{route=\"/v1/chat/completions\","
          + "worker=\"http://w\(worker):8000\",vllm_request_phase=\"\(phase)\","
          + "http_request_method=\"POST\",http_response_status_code=\"\(status)\","
          + "http_response_status_class=\"\(status / 100)xx\"}"]
    }
    #expect(backend(0, "prefill", 200) == 2)
    #expect(backend(1, "decode", 200) == 1)
    #expect(backend(1, "decode", 429) == 1)
    let sent = found.series(of: "vllm_router_http_responses_total")
    func count(_ route: String, _ method: String, _ status: Int) -> Double? {
      sent.first {
        $0.key.contains("route=\"\(route)\"") && $0.key.contains("method=\"\(method)\"")
          && $0.key.contains("code=\"\(status)\"")
      }?.value
    }
    #expect(count("/v1/chat/completions", "POST", 200) == 1)
    #expect(count("/v1/chat/completions", "POST", 429) == 1)
    #expect(count("/health", "GET", 200) == 1)
    #expect(count("other", "GET", 429) == 1)
    #expect(count("other", "_OTHER", 400) == 1)
    #expect(sent.count == 5)
  }

  @Test func `however many paths and methods clients invent, the series are few`() {
    let world = RouterWorld()
    for number in 0..<50 {
      #expect(world.fetch(get("/path/\(number)", method: "M\(number)")).map(\.status) == [200])
    }
    let found = metrics(world)
    #expect(found.series(of: "vllm_router_http_responses_total").count == 1)
    #expect(found.series(of: "vllm_router_backend_http_responses_total").count == 1)
    #expect(found[#"vllm_router_requests_total{route="other"}"#] == 50)
  }

  /// What the engines do while the client waits, and the stage in which it leaves.
  static let leavings: [(prefill: [String], decode: [String], stage: LeavingStage)] = [
    ([], [], .prefill), (["answer"], [], .decodeWait), (["answer"], ["token"], .streaming),
  ]

  @Test(arguments: leavings)
  func `a client that leaves is counted at the stage it left in`(
    _ row: (prefill: [String], decode: [String], stage: LeavingStage)
  ) {
    let world = makeSplitWorld(prefill: 1, decode: 1)
    world.engines[0].script = { _ in
      row.prefill.isEmpty ? [] : [.send(SplitWorld.prefilled(0))]
    }
    world.engines[1].script = { _ in
      row.decode.isEmpty ? [] : [.send(Self.streamHead), Self.chunk(Self.token)]
    }
    let client = world.begin(chat)
    _ = world.world.run(within: .milliseconds(500)) { false }
    client.hangUp(.close)
    // A prefill that is let to its end goes on for a while.
    _ = world.world.run(within: .seconds(40)) { world.router.liveRequests == 0 }
    #expect(world.records.map(\.leftIn) == [row.stage])
    let found = metrics(world)
    for stage in LeavingStage.allCases {
      #expect(
        found["vllm_router_client_disconnects_total{stage=\"\(stage.name)\"}"]
          == (stage == row.stage ? 1 : 0))
    }
  }

  @Test func `a stream that breaks counts against its decode worker, and choices for theirs`() {
    let world = makeSplitWorld(prefill: 1, decode: 1)
    world.engines[1].script = { _ in
      [.send(Self.streamHead), Self.chunk(Self.token), .wait(.milliseconds(10)), .reset]
    }
    _ = world.fetch(chat)
    let found = metrics(world)
    let decode = #"{worker="http://w1:8000"}"#
    #expect(found["vllm_router_pd_stream_errors_total\(decode)"] == 1)
    #expect(found["vllm_router_pd_decode_errors_total\(decode)"] == 1)
    #expect(found[#"vllm_router_pd_prefill_errors_total{worker="http://w0:8000"}"#] == 0)
    #expect(
      found[#"vllm_router_pd_errors_total{error_type="worker_connection_broken"}"#] == 1)
    for worker in 0...1 {
      let labels = "{policy=\"round_robin\",worker=\"http://w\(worker):8000\"}"
      #expect(found["vllm_router_policy_decisions_total\(labels)"] == 1)
    }
  }

  @Test func `a choice of a worker that has the prompt is a hit`() {
    let world = RouterWorld { $0.policy = .cacheAware }
    let words = String(repeating: "a long prompt ", count: 100)
    let body = #"{"model":"m","prompt":"\#(words)"}"#
    for _ in 0..<3 { _ = world.fetch(post("/v1/completions", body)) }
    let found = metrics(world)
    #expect(found["vllm_router_cache_misses_total"] == 1)
    #expect(found["vllm_router_cache_hits_total"] == 2)
  }

  @Test func `connections are counted by the loop's last look`() {
    let world = RouterWorld()
    world.engines[0].script = { _ in [.wait(.seconds(3)), .send(RouterWorld.ok)] }
    let client = world.begin(chat)
    _ = world.world.run(within: .milliseconds(1500)) { false }
    var found = metrics(world)
    let worker = #"vllm_router_worker_connections{worker="http://w0:8000","#
    #expect(found["vllm_router_client_connections"] == 1)
    #expect(found[worker + #"state="busy"}"#] == 1 && found[worker + #"state="idle"}"#] == 0)
    _ = world.world.run(within: .milliseconds(3000)) { false }
    found = metrics(world)
    #expect(found[worker + #"state="busy"}"#] == 0 && found[worker + #"state="idle"}"#] == 1)
    client.hangUp(.close)
    _ = world.world.run(within: .seconds(10)) { false }
    found = metrics(world)
    #expect(found["vllm_router_client_connections"] == 0)
    #expect(found[worker + #"state="idle"}"#] == 0)
  }
}
