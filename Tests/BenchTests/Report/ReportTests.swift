import JSONFields
import Testing
import Vocabulary

@testable import Bench

/// The summary, the result file and the picture of a run.
@Suite struct ReportTests {
  private static func at(_ milliseconds: Int) -> Instant {
    Instant(nanoseconds: 5_000_000_000 + Int64(milliseconds) * 1_000_000)
  }

  /// Three requests in two seconds: a good one, one that is late, one that fails.
  private static var outcome: BenchOutcome {
    var outcome = BenchOutcome()
    outcome.start = at(0)
    outcome.end = at(2000)
    outcome.mostInFlight = 2
    var good = RequestRecord(
      number: 1, due: at(100), sent: at(110), firstToken: at(200), end: at(500), inputTokens: 10)
    good.outputTokens = 4
    good.gaps = [.milliseconds(100), .milliseconds(200)]
    good.text = "a \"b\""
    var late = RequestRecord(
      number: 0, due: at(0), sent: at(400), firstToken: at(1000), end: at(2000), inputTokens: 20)
    late.outputTokens = 1
    late.cachedTokens = 16
    var failed = RequestRecord(
      number: 2, due: at(900), sent: at(900), end: at(950), inputTokens: 7)
    let failure = RequestFailure(kind: "HTTP 503", detail: "full")
    failed.failure = failure
    outcome.records = [good, failed, late]
    outcome.failures.record(failure)
    for gap in [100, 200] { outcome.gaps.record(.milliseconds(gap)) }
    for time in [200, 300, 500, 1000] { outcome.tokens.record(1, at: .milliseconds(time)) }
    return outcome
  }

  private static func figures(
    _ from: BenchPlan.Start = .due, goodput: [String] = ["ttft:150"]
  ) throws -> BenchFigures {
    BenchFigures(
      outcome, countsFrom: from, percentiles: [50, 99.9], goodput: try Goodput(goodput))
  }

  @Test func `latencies count from when requests were due, or were sent`() throws {
    let due = try Self.figures()
    #expect(due.completed == 2 && due.failed == 1 && due.good == 1)
    #expect(due.summary(.ttft).mean == 550 && due.summary(.e2el).mean == 1200)
    let sent = try Self.figures(.sent)
    #expect(sent.summary(.ttft).mean == 345 && sent.summary(.e2el).mean == 995)
    for figures in [due, sent] {
      #expect(figures.summary(.clientQueueTime).mean == 205)
      #expect(figures.summary(.wholeWithQueue).mean == 1200)
      // An answer of one token has no time per further token.
      #expect(figures.summary(.tpot).mean == 100)
      #expect(figures.summary(.itl).mean == 150)
      #expect(figures.inputTokens == 30 && figures.outputTokens == 5)
    }
    #expect(try Self.figures(goodput: []).good == nil)
  }

  @Test func `the summary has the lines that users of vllm bench serve know`() throws {
    let lines = SummaryTable.lines(
      try Self.figures(),
      SummaryTable.Request(maxConcurrency: 8, rate: 2.5, metrics: [.tpot, .ttft]))
    #expect(
      lines == [
        "============ Serving Benchmark Result ============",
        "Successful requests:                     2", "Failed requests:                         1",
        "Maximum request concurrency:             8",
        "Request rate configured (RPS):           2.50",
        "Benchmark duration (s):                  2.00",
        "Total input tokens:                      30",
        "Cached input tokens:                     16",
        "Total generated tokens:                  5",
        "Request throughput (req/s):              1.00",
        "Request goodput (req/s):                 0.50",
        "Output token throughput (tok/s):         2.50",
        "Peak output token throughput (tok/s):    3.00",
        "Peak concurrent requests:                2.00",
        "Total token throughput (tok/s):          17.50",
        "---------------Time to First Token----------------",
        "Mean TTFT (ms):                          550.00",
        "Median TTFT (ms):                        550.00",
        "P50 TTFT (ms):                           550.00",
        "P99.9 TTFT (ms):                         999.10",
        "-----Time per Output Token (excl. 1st token)------",
        "Mean TPOT (ms):                          100.00",
        "Median TPOT (ms):                        100.00",
        "P50 TPOT (ms):                           100.00",
        "P99.9 TPOT (ms):                         100.00",
        "==================================================",
      ])
  }

  private static let summaryKeys = [
    "date", "endpoint_type", "backend", "label", "model_id", "tokenizer_id", "num_prompts", "team",
    "request_rate", "burstiness", "max_concurrency", "duration", "completed", "failed",
    "total_input_tokens", "total_output_tokens", "request_throughput", "request_goodput",
    "output_throughput", "total_token_throughput",
  ]
  private static let listKeys = [
    "input_lens", "output_lens", "ttfts", "itls", "latencies", "start_times", "queue_times",
    "generated_texts", "errors",
  ]
  private static let lastKeys = [
    "max_output_tokens_per_s", "max_concurrent_requests", "rtfx", "mean_ttft_ms", "median_ttft_ms",
    "std_ttft_ms", "p50_ttft_ms", "p99.9_ttft_ms", "mean_itl_ms", "median_itl_ms", "std_itl_ms",
    "p50_itl_ms", "p99.9_itl_ms", "total_cached_tokens", "unfinished", "latency_from", "failures",
  ]

  @Test(arguments: [false, true])
  func `the result has the keys of vllm bench serve in their order`(isDetailed: Bool) throws {
    var document = ResultDocument()
    document.model = "m"
    document.metadata = [("team", "x")]
    document.metrics = [.ttft, .itl]
    document.isDetailed = isDetailed
    let text = document.bytes(try Self.figures(), Self.outcome)
    let object = try JSONValue(validating: text.bytes)
    let keys = object.members.map(\.name)
    #expect(keys == Self.summaryKeys + (isDetailed ? Self.listKeys : []) + Self.lastKeys)
    #expect(object["request_rate"]?.string == "inf" && object["max_concurrency"]?.isNull == true)
    #expect(object["completed"]?.integer == 2 && object["request_goodput"]?.double == 0.5)
    #expect(object["mean_ttft_ms"]?.double == 550 && object["latency_from"]?.string == "due")
    guard isDetailed else { return }
    func numbers(_ name: String) -> [Double?]? {
      object.member(named: name).map { $0.elements.map(\.double) }
    }
    // In the order of the workload, from sending.
    #expect(numbers("input_lens") == [20, 10, 7] && numbers("output_lens") == [1, 4, 0])
    #expect(numbers("ttfts") == [0.6, 0.09, 0] && numbers("latencies") == [1.6, 0.39, 0.05])
    #expect(
      numbers("start_times") == [0.4, 0.11, 0.9] && numbers("queue_times") == [0.4, 0.01, 0])
    #expect(object["itls"]?[1].map { $0.elements.map(\.double) } == [0.1, 0.2])
    #expect(object["generated_texts"]?[1]?.string == "a \"b\"")
    #expect(object["errors"]?[2]?.string == "HTTP 503: full")
  }

  @Test func `what is infinite or unknown is null in the result`() throws {
    var figures = JSONText()
    figures.member("a", Double.infinity)
    figures.member("b", Double.nan)
    figures.member("c", 1e-9)
    figures.member("d", nil as Int?)
    let text = figures.finish()
    #expect(
      String(decoding: text.bytes, as: UTF8.self)
        == "{\"a\": null, \"b\": null, \"c\": 1e-09, \"d\": null}")
    _ = try JSONValue(validating: text.bytes)
  }

  @Test func `a run without a request is reported too`() throws {
    let figures = BenchFigures(
      BenchOutcome(), countsFrom: .due, percentiles: [99], goodput: try Goodput([]))
    let document = ResultDocument().bytes(figures, BenchOutcome())
    #expect(try JSONValue(validating: document.bytes)["duration"]?.double == 0)
    var plot = TimelinePlot(BenchOutcome(), title: "none")
    #expect(plot.draw().hasSuffix("</svg>\n"))
    #expect(
      SummaryTable.lines(
        figures, SummaryTable.Request(maxConcurrency: nil, rate: nil, metrics: [.itl])
      ).contains("Mean ITL (ms):                           0.00"))
  }

  @Test func `the picture has a bar for each part of a request, and no bare marks of its title`() {
    var plot = TimelinePlot(Self.outcome, title: "a <b> & c")
    let picture = plot.draw()
    #expect(picture.contains("a &lt;b&gt; &amp; c") && picture.contains("3 requests, a row each"))
    for (colour, bars) in [("#bbbbbb", 2), ("#e69f00", 2), ("#009e73", 2), ("#d62728", 1)] {
      // One more is the legend's.
      #expect(picture.split(separator: "\n").count { $0.contains(colour) } == bars + 1, "\(colour)")
    }
    #expect(picture.split(separator: "<circle").count == 3)
    #expect(!picture.contains("nan") && !picture.contains("inf"))
  }

  @Test func `progress says how far, how fast and what failed`() {
    var progress = BenchProgress()
    progress.done = 30
    progress.total = 120
    progress.failed = 2
    progress.inFlight = 7
    progress.tokens = 500
    progress.elapsed = .seconds(10)
    #expect(
      ProgressText.line(progress, withBar: false)
        == "25 % 30/120 requests, 10.0 s, 3.0 req/s, 50 tok/s, 7 in flight, 2 failed")
    #expect(ProgressText.line(progress, withBar: true).hasPrefix("█████░░░░░░░░░░░░░░░ 25 %"))
    progress.duration = .seconds(20)
    #expect(ProgressText.line(progress, withBar: false).hasPrefix("50 % "))
    progress.total = nil
    progress.duration = nil
    #expect(ProgressText.line(progress, withBar: true).hasPrefix("30 requests"))
  }
}
