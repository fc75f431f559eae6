import TestFiles
import ArgumentParser
import PDRouter
import Policies
import Testing
import Vocabulary

@testable import Tool

/// The command line and the settings file, joined.
@Suite struct OptionSourceTests {
  private func configuration(
    _ words: String..., file text: String? = nil
  ) throws -> RouterConfiguration {
    guard let text else { return try OptionSource(arguments: words).read().configuration }
    let document = TemporaryFile(text)
    return try withExtendedLifetime(document) {
      try OptionSource(arguments: ["--config", document.path] + words).read().configuration
    }
  }

  @Test func `a file says what flags say`() throws {
    let text = """
      vllm-pd-disaggregation: yes
      prefill:
        - [http://p1:1, 8998]
        - [http://p2:2, none]
        - http://p3:3
      decode: [http://d1:1, http://d2:2]
      port: 31000
      prefill_policy: power_of_two
      pd-hints-in-body: false
      """
    let found = try configuration(file: text)
    #expect(found.statedFaults == [])
    #expect(found.isDisaggregated)
    #expect(
      found.workers.map(\.url) == [
        "http://p1:1", "http://p2:2", "http://p3:3", "http://d1:1", "http://d2:2",
      ])
    #expect(found.workers.map(\.bootstrapPort) == [8998, nil, nil, nil, nil])
    #expect(found.listen.port == 31000)
    #expect(found.prefillPolicy == .powerOfTwo)
    #expect(!found.hintsInBody)
  }

  @Test func `the command line wins, for single values and for lists`() throws {
    let text = "port: 1\nworker-urls: [http://a:1, http://b:2]\npolicy: random\n"
    let found = try configuration("--port", "2", "--worker-urls=http://c:3", file: text)
    #expect(found.listen.port == 2)
    #expect(found.workers.map(\.url) == ["http://c:3"])
    #expect(found.policy == .random)
  }

  @Test(arguments: [
    ("porto: 1", "1: there is no setting 'porto'"),
    ("\nport: abc", "2: The value 'abc' is invalid for '--port"),
    ("porto: ", "1: there is no setting 'porto'"),
    ("porto: true", "1: there is no setting 'porto'"),
    ("porto: [1]", "1: there is no setting 'porto'"),
    ("config: other.yaml", "1: a settings file names no other"),
    ("mini_lb: true", "1: --mini-lb is refused"),
    ("port: [1, 2", "not YAML"),
    ("vllm-pd-disaggregation: maybe", "1: The"),
    ("port: true", "1: The value 'true' is invalid"),
  ])
  func `what a file says wrong is told with its line`(_ text: String, _ fault: String) throws {
    let faults = try configuration(file: text).statedFaults
    #expect(faults.count == 1 && faults[0].contains(fault), "\(faults)")
  }

  @Test func `all faults of a file and of what it says are told at once`() throws {
    let text = "porto: 1\nport: x\nloops: 500\nmax-payload-size: 0\nworker-urls: [ftp://a]\n"
    let found = try configuration(file: text)
    let faults = try #require(throws: ConfigurationFaults.self) { try found.validate() }
    #expect(faults.sentences.count == 5, "\(faults)")
  }

  @Test func `a setting without a value is as if it were not there`() throws {
    let found = try configuration(file: "port:\nlog-level: ~\nworker-urls: null\n")
    #expect(found.statedFaults == [])
    #expect(found.listen.port == 30000)
  }

  @Test func `a file that is not there is a fault`() throws {
    let found = try OptionSource(arguments: ["--config", "/nonexistent/x"]).read().configuration
    #expect(found.statedFaults.count == 1)
    #expect(found.statedFaults.first?.contains("cannot be read") == true)
  }

  @Test func `every flag of the baseline is taken or refused by name`() {
    for line in BaselineFlags.all {
      let name = String(line.prefix { $0 != " " })
      if RefusedFlag.refusal(of: name) != nil { continue }
      let words = line.split(separator: " ").map(String.init)
      #expect(throws: Never.self, "\(line)") {
        try RouterOptions.parse(ListArguments.completed(words))
      }
    }
  }

  @Test func `a refused flag is refused with a value too, and others are not`() {
    #expect(RefusedFlag.refusal(of: "--kv-event-model=x")?.hasPrefix("--kv-event-model is") == true)
    #expect(RefusedFlag.refusal(of: "--kv-connector") == nil)
    #expect(RefusedFlag.refusal(of: "mini-lb") == nil)
  }

  @Test(arguments: [
    (["--prefill", "8998", "--decode", "http://d"], "--prefill needs a worker URL before '8998'"),
    (
      ["--prefill", "http://p", "port"], "Invalid bootstrap port: port. Must be a number or 'none'"
    ),
    (["--prefill", "http://p", "70000"], "Invalid bootstrap port: 70000"),
    (["--backend", "trtllm"], "--backend 'trtllm' is refused"),
  ])
  func `a flag's fault is told with all others`(_ words: [String], _ fault: String) throws {
    let faults = try OptionSource(arguments: words).read().configuration.statedFaults
    #expect(faults.contains { $0.contains(fault) }, "\(faults)")
  }
}
