import Testing
import Vocabulary

@testable import PDRouter

struct EngineCountTests {
  private static let page = """
    # HELP vllm:num_requests_running Number of requests, engine="9".
    # TYPE vllm:num_requests_running gauge
    vllm:num_requests_running{engine="0",model_name="m"} 0.0
    vllm:num_requests_running{engine="1",model_name="m"} 0.0
    vllm:num_requests_waiting{engine="0",model_name="m"} 0.0
    vllm:num_requests_waiting{engine="1",model_name="m"} 0.0
    process_open_fds{engine="2"} 12.0

    """

  private func count(_ text: String) -> Int {
    withBytes(of: text + "\n") { EngineMetricsText.engineCount($0) }
  }

  @Test(arguments: [
    ("", 0), ("ok", 0), (page, 2), (#"vllm:x{engine="0"} 1"#, 1),
    (#"vllm:x{model_name="engine=\"7\",engine=",engine="3"} 1"#, 1),
    (#"vllm:x{engine="10"} 1"# + "\r\n" + #"vllm:x{engine="1"} 1"#, 2),
    (#"vllm:x{ a="b", engine="1"} 1"#, 1), (#"vllm:x{my_engine="1"} 1"#, 0),
    (#"vllm:x{engines="1"} 1"#, 0), (#"sglang:x{engine="1"} 1"#, 0),
    (#" vllm:x{engine="1"} 1"#, 0), (#"vllm:x{engine="1"#, 0), (#"vllm:x{engine=1} 1"#, 0),
    (#"vllm:x{engine=""} 1"#, 0), (#"vllm:x{a="\"#, 0),
    ("vllm:x 1\nvllm:x{} 2\nvllm:x{=\n", 0), ("vllm", 0), ("vllm:", 0), ("vllm:{", 0),
  ])
  func `engines are the different values of one label on vLLM's lines`(text: String, wanted: Int) {
    #expect(count(text) == wanted)
  }

  @Test func `a value that is too long is none, and there is a limit to values`() {
    let long = String(repeating: "1", count: 65)
    #expect(count("vllm:x{engine=\"\(long)\"} 1") == 0)
    let many = (0..<1000).map { "vllm:x{engine=\"\($0)\"} 1\n" }.joined()
    #expect(count(many) == EngineMetricsText.mostRanks)
  }

  @Test func `every beginning of a page counts no more than the whole`() {
    let bytes = Array(Self.page.utf8)
    for end in 0...bytes.count {
      let found = bytes[..<end].withUnsafeBytes { EngineMetricsText.engineCount($0) }
      #expect((0...2).contains(found))
    }
  }

  @Test func `no bytes stop the program`() {
    var generator = SplitMix64(seed: 11)
    let whole = Array(Self.page.utf8)
    for _ in 0..<3000 {
      var bytes = whole
      for _ in 0...Int(generator.next(upperBound: 6 as UInt64)) {
        bytes[Int(generator.next(upperBound: UInt64(bytes.count)))] = UInt8(
          truncatingIfNeeded: generator.next())
      }
      bytes.removeLast(Int(generator.next(upperBound: 40 as UInt64)))
      let found = bytes.withUnsafeBytes { EngineMetricsText.engineCount($0) }
      #expect(found <= EngineMetricsText.mostRanks)
    }
  }
}
