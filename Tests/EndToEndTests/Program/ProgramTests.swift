import EventLoop
import Glibc
import Simulation
import Testing
import Vocabulary

/// The program as a process: start, signals, exit code.
@Suite struct ProgramTests {
  private static let host = "127.0.0.1"

  /// Runs the program before `engines`, lets `body` use it, and sees to its end.
  private func withProgram(
    _ engines: EngineThread, _ arguments: [String] = [], environment: [String] = [],
    isDisaggregated: Bool = false, descriptorLimit: Int? = nil,
    _ body: (_ program: ProgramRun, _ address: HostAndPort) throws -> Void
  ) throws {
    let urls = engines.addresses.map { "http://\($0)" }
    let workers =
      isDisaggregated
      ? ["--vllm-pd-disaggregation", "--prefill", urls[0], "--decode", urls[1]]
      : ["--worker-urls"] + urls
    let program = try #require(
      ProgramRun(
        workers + ["--port", "0", "--prometheus-port", "0"] + arguments,
        environment: environment, descriptorLimit: descriptorLimit))
    defer { program.signal(SIGKILL) }
    let port = try #require(program.port(of: "listening"), "\(program.written)")
    try body(program, HostAndPort(host: Self.host, port: port))
  }

  @Test(arguments: [1, 2])
  func `two hundred live streams end well after SIGTERM, and so does the program`(
    loops: Int
  ) throws {
    let engines = try #require(EngineThread(count: 2))
    defer { engines.stop() }
    let requests = (0..<200).map {
      FleetRequest.chat("stream \($0)", maxTokens: 60, streams: true)
    }
    try withProgram(engines, ["--loops", "\(loops)"]) { program, address in
      let answers = ClientThread.ask(requests, at: address) { program.signal(SIGTERM) }
      let oracle = try AnswerOracle(requests)
      let wrong = zip(requests, answers).filter { request, answers in
        answers.map { GeneratedAnswer($0) } != [oracle.answer(to: request)]
      }
      #expect(wrong.count == 0)
      #expect(program.exitCode() == 0)
      let late = ClientThread.ask([requests[0]], at: address)
      #expect(late == [[]])
    }
  }

  @Test func `with few descriptors clients are turned away and counted, and service goes on`()
    throws
  {
    let engines = try #require(EngineThread(count: 1))
    defer { engines.stop() }
    try withProgram(engines, descriptorLimit: 48) { program, address in
      let requests = (0..<120).map { FleetRequest.chat("n \($0)", maxTokens: 40, streams: true) }
      let answers = ClientThread.ask(requests, at: address)
      let served = answers.filter { $0.first?.status == 200 }
      #expect(!served.isEmpty && served.count < requests.count)
      #expect(answers.allSatisfy { [nil, 200, 503].contains($0.first?.status) })
      #expect(ClientThread.ask([.chat("after")], at: address).first?.first?.status == 200)
      let port = try #require(program.port(of: "serving metrics"))
      let metrics = ClientThread.ask(
        [FleetRequest("GET", "/metrics")], at: HostAndPort(host: Self.host, port: port))
      let text = metrics.first?.first?.text ?? ""
      let name = "vllm_router_refused_connections_total{reason=\"no_descriptor\"} "
      let line = text.split(separator: "\n").first { $0.hasPrefix(name) }
      let count = line.flatMap { Int($0.dropFirst(name.count)) } ?? 0
      #expect(count > 0)
      program.signal(SIGTERM)
      #expect(program.exitCode() == 0)
    }
  }

  @Test func `a variable of the environment is the workers' key, and the log has none of it`()
    throws
  {
    let engines = try #require(EngineThread(count: 2))
    defer { engines.stop() }
    let environment = ["OPENAI_API_KEY=very-secret", "API_KEY_VALIDATION_URLS= "]
    try withProgram(engines, environment: environment, isDisaggregated: true) {
      program, address in
      #expect(ClientThread.ask([.chat("x")], at: address).first?.first?.status == 200)
      program.signal(SIGTERM)
      #expect(program.exitCode() == 0)
      #expect(program.written.contains("workers are sent a key source=OPENAI_API_KEY"))
      #expect(!program.written.contains("very-secret"))
    }
  }

  @Test func `readiness is withdrawn before the port is closed, and a second signal ends all`()
    throws
  {
    let engines = try #require(EngineThread(count: 1))
    defer { engines.stop() }
    try withProgram(engines, ["--drain-settle-secs", "20"]) { program, address in
      let ready = FleetRequest("GET", "/readiness")
      #expect(ClientThread.ask([ready], at: address).first?.first?.status == 200)
      program.signal(SIGTERM)
      while !program.written.contains("leaving") {
        try #require(program.waitForMore(), "\(program.written)")
      }
      let answers = ClientThread.ask(
        [ready, FleetRequest("GET", "/liveness"), .chat("still here")], at: address)
      #expect(answers.map { $0.first?.status } == [503, 200, 200])
      #expect(answers[0][0].text.contains("shutting down"))
      program.signal(SIGINT)
      #expect(program.exitCode() == 0)
      #expect(ClientThread.ask([ready], at: address) == [[]])
    }
  }
}
