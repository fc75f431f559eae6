import Glibc
import JSONFields
import PDRouter
import Simulation
import TestFiles
import Testing
import Vocabulary

/// `vllm-router bench` as a process, against simulated engines over sockets.
@Suite struct BenchProgramTests {
  private static func bench(_ server: String, _ arguments: [String]) throws -> ProgramRun {
    try #require(ProgramRun(["bench", "--base-url", server, "--seed", "7"] + arguments))
  }

  /// The value of a line of the summary.
  private static func value(_ label: String, _ program: ProgramRun) -> Double? {
    program.written.split(separator: "\n").first { $0.hasPrefix(label + ":") }
      .flatMap { $0.split(separator: " ").last }.flatMap { Double($0) }
  }

  /// Runs to the end and gives the result file's text too.
  private static func result(
    _ server: String, _ arguments: [String], code: Int32 = 0
  ) throws -> (program: ProgramRun, text: String) {
    let file = TemporaryFile()
    return try withExtendedLifetime(file) {
      let program = try bench(
        server, arguments + ["--save-result", "--save-detailed", "--result-filename", file.path])
      #expect(program.exitCode() == code, "\(program.written)")
      let text = try #require(read(file.path))
      return (program, text)
    }
  }

  private static func read(_ path: String) -> String? {
    guard let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 20)
    let count = fread(&bytes, 1, bytes.count, file)
    return String(decoding: bytes[..<count], as: UTF8.self)
  }

  /// The lists of a result, by name.
  private static func numbers(_ name: String, _ text: String) throws -> [Double] {
    try Array(text.utf8).withUnsafeBytes { bytes in
      let object = try JSONValue(validating: bytes)
      return object.member(named: name).map { $0.elements.compactMap(\.double) } ?? []
    }
  }

  @Test(arguments: ["/v1/completions", "/v1/chat/completions"])
  func `a closed loop measures every request, and finds the model by itself`(
    endpoint: String
  ) throws {
    let engines = try #require(EngineThread(count: 1))
    defer { engines.stop() }
    let picture = TemporaryFile()
    let (program, text) = try Self.result(
      "http://\(engines.addresses[0])",
      [
        "--endpoint", endpoint, "--max-concurrency", "4", "--num-prompts", "20",
        "--random-input-len", "30", "--random-output-len", "5", "--num-warmups", "3",
        "--plot", picture.path, "--goodput", "ttft:60000", "e2el:60000",
      ])
    #expect(Self.value("Successful requests", program) == 20)
    #expect(Self.value("Failed requests", program) == 0)
    #expect(Self.value("Peak concurrent requests", program) == 4)
    #expect(Self.value("Total generated tokens", program) == 100)
    #expect(Self.value("Request goodput (req/s)", program) ?? 0 > 0)
    #expect(Self.value("Median TTFT (ms)", program) ?? 0 > 0)
    #expect(try Self.numbers("output_lens", text) == [Double](repeating: 5, count: 20))
    #expect(try Self.numbers("ttfts", text).allSatisfy { $0 > 0 })
    #expect(text.contains("\"model_id\": \"tiny\""))
    #expect(Self.read(picture.path)?.hasSuffix("</svg>\n") == true)
  }

  @Test func `an open loop keeps its times, and what an engine does slowly counts from them`()
    throws
  {
    let engines = try #require(EngineThread(count: 1))
    defer { engines.stop() }
    let (program, text) = try Self.result(
      "http://\(engines.addresses[0])",
      [
        "--model", "tiny", "--request-rate", "40", "--burstiness", "inf", "--num-prompts", "20",
        "--max-concurrency", "1", "--random-input-len", "8", "--random-output-len", "8",
        "--percentile-metrics", "e2el,client_queue_time,e2el_including_client_queue",
      ])
    #expect(Self.value("Successful requests", program) == 20)
    let sums = zip(
      try Self.numbers("start_times", text), try Self.numbers("queue_times", text)
    ).map { $0 - $1 }
    #expect(sums.count == 20)
    for (number, due) in sums.enumerated() { #expect(abs(due - Double(number) / 40) < 1e-6) }
    // Each answer takes longer than the gap, so that the last ones have waited for all others.
    let queued = try #require(Self.value("Mean Client Queue Time (ms)", program))
    #expect(queued > 0)
    #expect(
      Self.value("Mean E2EL (ms)", program)
        == Self.value("Mean E2EL incl. Client Queue (ms)", program))
  }

  @Test
  func `prompts of a trace share what their hash_ids say, and lines that are wrong are named`()
    throws
  {
    let engines = try #require(EngineThread(count: 1))
    defer { engines.stop() }
    let server = "http://\(engines.addresses[0])"
    let good = TemporaryFile(
      """
      {"timestamp": 0, "input_length": 64, "output_length": 2, "hash_ids": [1, 2]}
      {"timestamp": 900, "input_length": 64, "output_length": 2, "hash_ids": [1, 2]}
      {"timestamp": 1800, "input_length": 64, "output_length": 2, "hash_ids": [3, 4]}
      """)
    let trace = ["--dataset-name", "mooncake", "--block-tokens", "32", "--no-ready-check"]
    let program = try Self.bench(
      server, ["--model", "tiny", "--speed", "3", "--dataset-path", good.path] + trace)
    #expect(program.exitCode() == 0, "\(program.written)")
    #expect(Self.value("Successful requests", program) == 3)
    let cached = try #require(Self.value("Cached input tokens", program))
    #expect(cached > 0 && cached <= 64)
    #expect(Self.value("Benchmark duration (s)", program) ?? 0 > 0.59)
    let bad = TemporaryFile("{\"timestamp\": 0, \"input_length\": 1, \"output_length\": 1}\n{}\n")
    let refused = try Self.bench(
      server, ["--model", "tiny", "--dataset-path", bad.path] + trace)
    #expect(refused.exitCode() == 1 && refused.written.contains("line 2: timestamp"))
  }

  @Test func `failures are counted by kind, and the run goes on`() throws {
    let engines = try #require(
      EngineThread(count: 2, fault: .status(503, body: "quite full", retryAfter: nil)))
    defer { engines.stop() }
    let (program, text) = try Self.result(
      "http://\(engines.addresses[0])",
      ["--model", "tiny", "--no-ready-check", "--num-prompts", "5"], code: 1)
    #expect(program.written.contains("5 × HTTP 503\n    quite full"))
    #expect(Self.value("Failed requests", program) == 5)
    #expect(text.contains("\"errors\": [\"HTTP 503: quite full\", "))
    let checked = try Self.bench("http://\(engines.addresses[0])", ["--model", "tiny"])
    #expect(checked.exitCode() == 1 && checked.written.contains("is not ready: HTTP 503"))
    let nobody = try Self.bench("http://127.0.0.1:1", ["--model", "tiny"])
    #expect(nobody.exitCode() == 1 && nobody.written.contains("cannot connect"))
  }

  @Test func `a stream that is cut is a failure`() throws {
    let engines = try #require(EngineThread(count: 1, fault: .truncate(afterTokens: 2)))
    defer { engines.stop() }
    let program = try Self.bench(
      "http://\(engines.addresses[0])",
      ["--model", "tiny", "--no-ready-check", "--num-prompts", "3", "--max-concurrency", "1"])
    #expect(program.exitCode() == 1)
    #expect(Self.value("Failed requests", program) == 3, "\(program.written)")
  }

  @Test func `an interrupt ends a run with what was measured till then`() throws {
    let engines = try #require(EngineThread(count: 1))
    defer { engines.stop() }
    let program = try Self.bench(
      "http://\(engines.addresses[0])",
      ["--model", "tiny", "--max-concurrency", "2", "--duration", "600", "--random-input-len", "8"])
    // The first line of progress comes after five seconds of answers.
    while !program.written.contains("in flight") {
      try #require(program.waitForMore(), "\(program.written)")
    }
    program.signal(SIGINT)
    #expect(program.exitCode() == 130)
    #expect(Self.value("Successful requests", program) ?? 0 > 0)
    #expect(Self.value("Unfinished requests", program) == 2)
  }

  @Test func `an https server is measured when its certificate leads to the authority named`()
    throws
  {
    var settings = TLSSettings()
    settings.certificatePaths = [CertificateFile.path("server.pem")]
    settings.keyPaths = [CertificateFile.path("server.key")]
    let engines = try #require(EngineThread(count: 1, security: try TransportSecurity(settings)))
    defer { engines.stop() }
    let server = "https://\(engines.addresses[0])"
    let asked = ["--model", "tiny", "--num-prompts", "4", "--random-input-len", "8"]
    for trust in [["--ca-cert", CertificateFile.path("ca.pem")], ["--insecure"]] {
      let program = try Self.bench(server, asked + trust)
      #expect(program.exitCode() == 0, "\(program.written)")
      #expect(Self.value("Successful requests", program) == 4)
    }
    let refused = try Self.bench(server, asked)
    #expect(refused.exitCode() == 1 && refused.written.contains("no TLS connection"))
    let missing = try Self.bench(server, asked + ["--ca-cert", "/nowhere"])
    #expect(missing.exitCode() == 1 && missing.written.contains("--ca-cert: /nowhere"))
    let folder = try Self.bench(
      server, asked + ["--save-result", "--result-dir", "/proc/nowhere"])
    #expect(folder.exitCode() == 1 && folder.written.contains("/proc/nowhere/result cannot be"))
  }

  @Test(arguments: [
    (["--request-rate", "0"], "--request-rate"), (["--goodput", "x:1"], "goodput"),
    (["--duration", "5"], "--max-concurrency"), (["--dataset-name", "azure"], "--dataset-path"),
    (["--metric-percentiles", "101"], "101"), (["--percentile-metrics", "x"], "client_queue_time"),
    (["--backend", "sglang"], "sglang"), (["--endpoint", "/v1/embeddings"], "--endpoint"),
    (["--header", "a b=c"], "a b"), (["--extra-body", "[1]"], "--extra-body"),
    (["--base-url", "ftp://x"], "ftp://x"),
    (["--backend", "openai-chat", "--prompt-form", "tokens"], "words"),
    (["--random-range-ratio", "1"], "ratio"), (["--num-prompts", "0"], "--num-prompts"),
  ])
  func `what is wrong with the flags is said, and nothing is sent`(
    _ arguments: [String], _ word: String
  ) throws {
    let program = try #require(ProgramRun(["bench"] + arguments))
    #expect(program.exitCode() == 2)
    #expect(program.written.contains("Error:") && program.written.contains(word))
  }
}
