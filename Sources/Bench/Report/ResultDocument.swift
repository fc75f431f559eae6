internal import JSONFields
package import Vocabulary

/// A run's result as JSON, with the keys of `vllm bench serve` in its order.
///
/// Ours come last: `total_cached_tokens`, `unfinished`, `latency_from`, `failures`. Lists of
/// requests are in the order of the workload; times are in seconds, `start_times` from the start of
/// the run. In these lists times to tokens and ends count from sending, whatever
/// `latency_from` says for the summaries; what lies between due and sent is in `queue_times`.
package struct ResultDocument: Sendable {
  /// When it was run, as `20261123-115233`.
  package var date = ""
  /// `openai` or `openai-chat`.
  package var backend = "openai"
  /// A name for the run.
  package var label: String?
  /// The model asked for.
  package var model = ""
  /// Requests that were wanted.
  package var promptCount = 0
  /// Members of the user's own.
  package var metadata: [(name: String, value: String)] = []
  /// Requests a second; infinity where there is no rate.
  package var rate = Double.infinity
  /// The shape of the gaps' distribution.
  package var burstiness = 1.0
  /// Most requests at a time, where limited.
  package var maxConcurrency: Int?
  /// From when latencies count.
  package var countsFrom = BenchPlan.Start.due
  /// The times reported.
  package var metrics: [LatencyMetric] = []
  /// Whether a list of every request's figures is added.
  package var isDetailed = false

  /// A document with the defaults.
  package init() {}

  /// The bytes of the document.
  package func bytes(_ figures: BenchFigures, _ outcome: BenchOutcome) -> ByteBuffer {
    var text = JSONText()
    text.member("date", date)
    text.member("endpoint_type", backend)
    text.member("backend", backend)
    text.member("label", label)
    text.member("model_id", model)
    text.member("tokenizer_id", model)
    text.member("num_prompts", promptCount)
    for (name, value) in metadata { text.member(name, value) }
    if rate.isFinite {
      text.member("request_rate", rate)
    } else {
      text.member("request_rate", "inf")
    }
    text.member("burstiness", burstiness)
    text.member("max_concurrency", maxConcurrency)
    writeTotals(figures, &text)
    if isDetailed { writeDetails(outcome, &text) }
    text.member("max_output_tokens_per_s", Double(figures.mostTokensPerSecond))
    text.member("max_concurrent_requests", figures.mostInFlight)
    text.member("rtfx", 0.0)
    for metric in LatencyMetric.allCases where metrics.contains(metric) {
      write(metric, figures.summary(metric), &text)
    }
    text.member("total_cached_tokens", figures.cachedTokens)
    text.member("unfinished", figures.unfinished)
    text.member("latency_from", countsFrom.rawValue)
    text.list("failures", outcome.failures.lines) { $0.append($1) }
    return text.finish()
  }

  private func writeTotals(_ figures: BenchFigures, _ text: inout JSONText) {
    text.member("duration", figures.seconds)
    text.member("completed", figures.completed)
    text.member("failed", figures.failed)
    text.member("total_input_tokens", figures.inputTokens)
    text.member("total_output_tokens", figures.outputTokens)
    text.member("request_throughput", figures.perSecond(figures.completed))
    text.member("request_goodput", figures.good.map { figures.perSecond($0) })
    text.member("output_throughput", figures.perSecond(figures.outputTokens))
    text.member(
      "total_token_throughput", figures.perSecond(figures.inputTokens + figures.outputTokens))
  }

  private func writeDetails(_ outcome: BenchOutcome, _ text: inout JSONText) {
    let records = outcome.records.sorted { $0.number < $1.number }
    text.list("input_lens", records) { $0.append($1.inputTokens) }
    text.list("output_lens", records) { $0.append($1.isSuccess ? $1.outputTokens : 0) }
    text.list("ttfts", records) { text, record in
      // vLLM's lists have 0.0 where there is no first token.
      text.append(record.firstToken.map { ($0 - record.sent).inSeconds } ?? 0)
    }
    text.list("itls", records) { $0.values($1.gaps ?? []) { $0.append($1.inSeconds) } }
    text.list("latencies", records) { $0.append(($1.end - $1.sent).inSeconds) }
    text.list("start_times", records) { $0.append(($1.sent - outcome.start).inSeconds) }
    text.list("queue_times", records) { $0.append(($1.sent - $1.due).inSeconds) }
    text.list("generated_texts", records) { $0.append($1.text ?? "") }
    text.list("errors", records) { $0.append($1.failure?.text ?? "") }
  }

  private func write(
    _ metric: LatencyMetric, _ summary: FigureSummary, _ text: inout JSONText
  ) {
    let name = metric.rawValue
    text.member("mean_\(name)_ms", summary.mean)
    text.member("median_\(name)_ms", summary.median)
    text.member("std_\(name)_ms", summary.deviation)
    for (share, value) in summary.percentiles {
      text.member("p\(FixedText.share(share))_\(name)_ms", value)
    }
  }
}
