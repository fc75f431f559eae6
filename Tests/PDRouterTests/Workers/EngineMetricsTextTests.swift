import Testing
import Vocabulary

@testable import PDRouter

struct EngineMetricsTextTests {
  /// An excerpt as vLLM 0.32 prints it.
  private static let sample = """
    # HELP vllm:num_requests_running Number of requests in model execution batches.
    # TYPE vllm:num_requests_running gauge
    vllm:num_requests_running{engine="0",model_name="tiny"} 3.0
    vllm:num_requests_waiting{engine="0",model_name="tiny"} 2.0
    vllm:num_requests_waiting_by_reason{engine="0",model_name="tiny",reason="capacity"} 1.0
    vllm:num_requests_waiting_by_reason{engine="0",model_name="tiny",reason="deferred"} 1.0
    vllm:kv_cache_usage_perc{engine="0",model_name="tiny"} 0.25
    vllm:prompt_tokens_total{engine="0",model_name="tiny"} 1.5e+03
    vllm:prompt_tokens_created{engine="0",model_name="tiny"} 1.7639e+09
    vllm:generation_tokens_total{engine="0",model_name="tiny"} 500.0
    vllm:time_to_first_token_seconds_bucket{engine="0",le="0.001",model_name="tiny"} 0.0
    python_gc_objects_collected_total{generation="0"} 4.0

    """

  private static let reading = EngineReading(
    running: 3, waiting: 2, deferred: 1, kvUsage: 0.25, tokens: 2000, isLoad: true)

  private func read(_ text: String, rank: Int? = nil) -> EngineReading? {
    withBytes(of: text) { EngineMetricsText($0).reading(ofRank: rank) }
  }

  private func engineCount(_ text: String) -> Int {
    withBytes(of: text) { EngineMetricsText.engineCount($0) }
  }

  @Test func `the figures of vLLM are read`() {
    #expect(read(Self.sample) == Self.reading)
    #expect(read(Self.sample, rank: 0) == Self.reading)
    #expect(read(Self.sample, rank: 1) == nil)
    #expect(Self.reading.isSaturated)
  }

  @Test func `figures of ranks are kept apart, and summed when none is asked for`() {
    let text = """
      vllm:num_requests_running{engine="0"} 1
      vllm:num_requests_running{engine="1"} 4
      vllm:num_requests_running{engine="10"} 0
      vllm:num_requests_waiting{engine="1"} 7
      vllm:kv_cache_usage_perc{engine="0"} 0.3
      vllm:kv_cache_usage_perc{engine="1"} 0.9
      vllm:generation_tokens_total{engine="0"} 10
      vllm:generation_tokens_total{engine="10"} 5

      """
    #expect(read(text, rank: 1)?.running == 4 && read(text, rank: 1)?.waiting == 7)
    #expect(read(text, rank: 10)?.tokens == 5 && read(text, rank: 2) == nil)
    let all = read(text)
    #expect(all?.running == 5 && all?.waiting == 7 && all?.tokens == 15)
    #expect(abs((all?.kvUsage ?? 0) - 0.4) < 1e-9)
    #expect(engineCount(text) == 3)
  }

  /// A line of an engine that runs one request, and what becomes of the running number.
  @Test(
    arguments: [
      ("vllm:num_requests_running 4", 4.0),
      ("vllm:num_requests_running{} 4", 4),
      ("vllm:num_requests_running{engine=\"0\"}   4  1700000000", 4),
      ("vllm:num_requests_running{engine=\"0\",} 4", 4),
      ("vllm:num_requests_running{ model_name=\"a, b\" , engine=\"0\"} 4", 4),
      (#"vllm:num_requests_running{model_name="a\"} 9 {\\",engine="0"} 4"#, 4),
      ("vllm:num_requests_running{engine=\"0\"} 4\r", 4),
      ("vllm:num_requests_running{engine=\"zero\"} 4", 4),
      ("vllm:num_requests_running{engine=\"99999999999999999999\"} 4", 4),
      ("vllm:num_requests_running{engine=\"0\"} NaN", nil),
      ("vllm:num_requests_running{engine=\"0\"} +Inf", nil),
      ("vllm:num_requests_running{engine=\"0\"} -1", nil),
      ("vllm:num_requests_running{engine=\"0\"} 1e999", nil),
      ("vllm:num_requests_running{engine=\"0\"} four", nil),
      ("vllm:num_requests_running{engine=\"0\"}", nil),
      ("vllm:num_requests_running{engine=\"0\" 4", nil),
      ("vllm:num_requests_running{engine=\"0} 4", nil),
      ("vllm:num_requests_running", nil),
      ("vllm:num_requests_running_total 4", nil),
      ("# vllm:num_requests_running 4", nil),
      (" vllm:num_requests_running 4", nil),
      ("sglang:num_running_reqs 4", nil), ("vllm:", nil), ("vllm:{", nil), ("{", nil), ("", nil),
    ] as [(String, Double?)])
  func `a line is read for what it is`(line: String, running: Double?) {
    #expect(read(line + "\n")?.running == running)
  }

  @Test func `older engines say the use of their caches under another name`() {
    let text = "vllm:num_requests_running 0\nvllm:gpu_cache_usage_perc 0.75\n"
    #expect(read(text)?.kvUsage == 0.75)
    #expect(read("vllm:kv_cache_usage_perc 0.75\n") == nil)
  }

  @Test func `a text that ends anywhere is read as far as its last whole line`() {
    let bytes = Array(Self.sample.utf8)
    var known: Set<Double> = []
    for length in 0...bytes.count {
      let reading = bytes[..<length].withUnsafeBytes {
        EngineMetricsText($0).reading(ofRank: nil)
      }
      // A number cut short is no number: 1.5e+03 is never 1.
      if let reading { known.insert(reading.tokens) }
    }
    #expect(known == [0, 1500, 2000])
  }

  @Test func `garbage is read without harm`() {
    var generator = SplitMix64(seed: 1)
    let alphabet = Array("vllm:num_requests_running{engine=\"0\\,}# 19.e-\n\r\u{0}é".utf8)
    for _ in 0..<3000 {
      var bytes = Array(Self.sample.utf8)
      for _ in 0..<Int.random(in: 1...40, using: &generator) {
        let place = Int.random(in: 0..<bytes.count, using: &generator)
        bytes[place] = alphabet[Int.random(in: 0..<alphabet.count, using: &generator)]
      }
      bytes.withUnsafeBytes {
        let reading = EngineMetricsText($0).reading(ofRank: nil)
        #expect(reading.map { $0.running.isFinite && $0.running >= 0 } ?? true)
        #expect(EngineMetricsText.engineCount($0) <= 12)
      }
    }
  }

  @Test func `ranks beyond the limit are passed over`() {
    let text = (0..<2000).map { "vllm:num_requests_running{engine=\"\($0)\"} 1\n" }.joined()
    #expect(read(text)?.running == Double(EngineMetricsText.mostRanks))
    #expect(engineCount(text) == EngineMetricsText.mostRanks)
  }

  @Test(arguments: [
    ("", 0), ("vllm:x 1\n", 0), ("other:x{engine=\"0\"} 1\n", 0),
    ("vllm:x{engine=\"0\"} 1\nvllm:y{engine=\"0\"} 1\n", 1),
    ("vllm:x{engine=\"3\"} NaN\nvllm:y{model=\"m\",engine=\"1\"} 1\n", 2),
  ])
  func `engines are counted by their labels`(text: String, count: Int) {
    #expect(engineCount(text) == count)
  }
}
