import Testing
import Vocabulary

@testable import Bench

/// A run against servers that keep to HTTP, and others.
@Suite struct BenchRunTests {
  /// What comes of ten requests, one after the other, of three tokens each.
  private static func outcome(
    _ manner: ScriptedServer.Manner, configure: (inout BenchPlan) -> Void = { _ in }
  ) throws -> (outcome: BenchOutcome, requests: Int) {
    let server = try #require(ScriptedServer(manner))
    defer { server.stop() }
    let workload = Workload(
      .random(prefixTokens: 0, inputTokens: 5, outputTokens: 3, rangeRatio: 0), count: 10, seed: 1)
    var plan = BenchPlan(peer: server.address, workload: workload)
    plan.shape.model = "m"
    plan.maxConcurrency = 1
    plan.readyTimeout = nil
    plan.keepsDetails = true
    configure(&plan)
    return (BenchRun(plan).run(), server.requestCount)
  }

  private static func answer(_ body: String, type: String) -> String {
    "HTTP/1.1 200 OK\r\nContent-Type: \(type)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
  }

  private static func stream(_ events: [String]) -> String {
    answer(events.map { "data: \($0)\n\n" }.joined(), type: "text/event-stream")
  }

  private static let tokens = [#"{"choices":[{"text":"a"}]}"#, #"{"choices":[{"text":"b"}]}"#]

  @Test func `tokens are counted by events where no usage tells them`() throws {
    let (outcome, requests) = try Self.outcome(.init(answer: Self.stream(Self.tokens + ["[DONE]"])))
    #expect(outcome.ending == .complete && requests == 10 && outcome.failures.count == 0)
    #expect(outcome.records.map(\.number) == Array(0..<10))
    for record in outcome.records {
      #expect(record.outputTokens == 2 && record.inputTokens == 5 && record.text == "ab")
      #expect(record.gaps == [.zero] && record.perToken != nil)
      #expect(record.due <= record.sent && record.sent <= record.end)
    }
    #expect(outcome.mostInFlight == 1 && outcome.tokens.steps.reduce(0, +) == 20)
  }

  @Test func `an idle connection that the server has closed costs no request`() throws {
    let manner = ScriptedServer.Manner(
      answer: Self.stream(Self.tokens + ["[DONE]"]), closes: true)
    let (outcome, _) = try Self.outcome(manner)
    #expect(outcome.records.count == 10 && outcome.failures.lines == [])
  }

  @Test func `an answer that came whole has no first token`() throws {
    let body = #"{"choices":[{"text":"abc"}],"usage":{"prompt_tokens":6,"completion_tokens":4}}"#
    let (outcome, _) = try Self.outcome(.init(answer: Self.answer(body, type: "application/json")))
    #expect(outcome.failures.count == 0)
    #expect(outcome.records.allSatisfy { $0.firstToken == nil && $0.outputTokens == 4 })
    #expect(outcome.records.allSatisfy { $0.inputTokens == 6 && $0.text == "abc" })
  }

  static let failing: [(ScriptedServer.Manner, String)] = [
    (.init(answer: stream(tokens)), "the stream ended without [DONE]"),
    (.init(answer: stream(["[DONE]"])), "the stream had no token"),
    (.init(answer: stream(tokens + [#"{"error":"x"}"#])), "error in the answer"),
    (.init(answer: "", closes: true), "closed without an answer"),
    (.init(answer: "nonsense\r\n\r\n"), "bad answer"),
    (.init(answer: "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx", closes: true), "cut off"),
    (.init(answer: "HTTP/1.1 429 Slow\r\nContent-Length: 2\r\n\r\n{}"), "HTTP 429"),
    (.init(answer: answer("{", type: "application/json")), "error in the answer"),
  ]

  @Test(arguments: failing)
  func `what is no whole answer is a failure, and each request fails once`(
    _ manner: ScriptedServer.Manner, _ kind: String
  ) throws {
    let (outcome, requests) = try Self.outcome(manner)
    #expect(outcome.records.count == 10 && requests == 10)
    #expect(outcome.failures.entries.map(\.count) == [10], "\(outcome.failures.lines)")
    #expect(outcome.failures.entries[0].kind.contains(kind), "\(outcome.failures.lines)")
  }

  @Test func `a server that is silent is given up when the time for an answer is over`() throws {
    let (outcome, requests) = try Self.outcome(.init()) { plan in
      plan.requestTimeout = .milliseconds(30)
      plan.maxConcurrency = 5
    }
    #expect(requests == 10 && outcome.mostInFlight == 5)
    #expect(outcome.failures.entries.map(\.kind) == ["timed out"])
  }

  @Test func `a server that does not answer the first request is not ready`() throws {
    let (outcome, requests) = try Self.outcome(
      .init(answer: "HTTP/1.1 404 X\r\nContent-Length: 0\r\n\r\n")
    ) { plan in
      plan.readyTimeout = .seconds(60)
      plan.warmUps = 3
    }
    #expect(outcome.ending == .notReady("HTTP 404") && requests == 1)
    #expect(outcome.records.isEmpty)
  }

  @Test func `a server that is not ready at first is asked again, and its user is told once`()
    throws
  {
    let server = try #require(
      ScriptedServer(.init(answer: "HTTP/1.1 503 X\r\nContent-Length: 0\r\n\r\n")))
    defer { server.stop() }
    let source = WorkloadSource.random(
      prefixTokens: 0, inputTokens: 5, outputTokens: 3, rangeRatio: 0)
    var plan = BenchPlan(
      peer: server.address, workload: Workload(source, count: 1, seed: 1))
    plan.shape.model = "m"
    plan.readyTimeout = .milliseconds(2500)
    let run = BenchRun(plan)
    var told: [String] = []
    run.whenNotReady = { told.append($0) }
    #expect(run.run().ending == .notReady("HTTP 503"))
    #expect(told == ["HTTP 503"] && server.requestCount == 3)
  }

  @Test func `requests beside the run are not measured`() throws {
    let (outcome, requests) = try Self.outcome(
      .init(answer: Self.stream(Self.tokens + ["[DONE]"]))
    ) { plan in
      plan.readyTimeout = .zero
      plan.warmUps = 4
    }
    #expect(requests == 15 && outcome.records.count == 10)
    #expect(outcome.tokens.steps.reduce(0, +) == 20 && outcome.gaps.count == 10)
  }

  @Test func `an open loop sends nothing before it is due, and ends with its time`() throws {
    let (outcome, requests) = try Self.outcome(
      .init(answer: Self.stream(Self.tokens + ["[DONE]"]))
    ) { plan in
      plan.offsets = (0..<10).map { .milliseconds($0 * 20) }
      plan.duration = .milliseconds(110)
    }
    #expect(requests == 6 && outcome.records.count == 6)
    for record in outcome.records {
      #expect(record.due == outcome.start + .milliseconds(record.number * 20))
      #expect(record.sent >= record.due)
    }
  }

  @Test func `a closed loop ends with its time too`() throws {
    let (outcome, _) = try Self.outcome(.init()) { plan in
      plan.duration = .milliseconds(50)
      plan.requestTimeout = .milliseconds(100)
    }
    #expect(outcome.ending == .complete && outcome.records.count == 1)
  }
}
