/// The summary for people, in the lines of `vllm bench serve`.
package enum SummaryTable {
  private static let width = 50
  private static let labelWidth = 40

  /// What was asked for, as far as the table shows it.
  package struct Request: Sendable {
    /// Most requests at a time, where limited.
    package var maxConcurrency: Int?
    /// Requests a second, where there is a rate.
    package var rate: Double?
    /// The times shown, in the table's own order.
    package var metrics: [LatencyMetric]

    /// From its parts.
    package init(maxConcurrency: Int?, rate: Double?, metrics: [LatencyMetric]) {
      self.maxConcurrency = maxConcurrency
      self.rate = rate
      self.metrics = metrics
    }
  }

  /// The whole table, a line each.
  package static func lines(_ figures: BenchFigures, _ request: Request) -> [String] {
    var lines = [centred(" Serving Benchmark Result ", "=")]
    lines.append(row("Successful requests:", figures.completed))
    lines.append(row("Failed requests:", figures.failed))
    if figures.unfinished > 0 { lines.append(row("Unfinished requests:", figures.unfinished)) }
    if let most = request.maxConcurrency {
      lines.append(row("Maximum request concurrency:", most))
    }
    if let rate = request.rate { lines.append(row("Request rate configured (RPS):", rate)) }
    lines.append(row("Benchmark duration (s):", figures.seconds))
    lines.append(row("Total input tokens:", figures.inputTokens))
    if figures.cachedTokens > 0 {
      lines.append(row("Cached input tokens:", figures.cachedTokens))
    }
    lines.append(row("Total generated tokens:", figures.outputTokens))
    lines.append(row("Request throughput (req/s):", figures.perSecond(figures.completed)))
    if let good = figures.good {
      lines.append(row("Request goodput (req/s):", figures.perSecond(good)))
    }
    lines.append(row("Output token throughput (tok/s):", figures.perSecond(figures.outputTokens)))
    lines.append(
      row("Peak output token throughput (tok/s):", Double(figures.mostTokensPerSecond)))
    lines.append(row("Peak concurrent requests:", Double(figures.mostInFlight)))
    lines.append(
      row(
        "Total token throughput (tok/s):",
        figures.perSecond(figures.inputTokens + figures.outputTokens)))
    for metric in LatencyMetric.allCases where request.metrics.contains(metric) {
      lines += section(metric, figures.summary(metric))
    }
    return lines + [String(repeating: "=", count: width)]
  }

  private static func section(_ metric: LatencyMetric, _ summary: FigureSummary) -> [String] {
    [
      centred(metric.title, "-"), row("Mean \(metric.label) (ms):", summary.mean),
      row("Median \(metric.label) (ms):", summary.median),
    ]
      + summary.percentiles.map { share, value in
        row("P\(FixedText.share(share)) \(metric.label) (ms):", value)
      }
  }

  private static func row(_ label: String, _ value: Int) -> String { row(label, String(value)) }

  private static func row(_ label: String, _ value: Double) -> String {
    row(label, FixedText.text(value))
  }

  private static func row(_ label: String, _ value: String) -> String {
    label + String(repeating: " ", count: max(0, labelWidth - label.count)) + " " + value
  }

  private static func centred(_ text: String, _ filler: String) -> String {
    let room = max(0, width - text.count)
    return String(repeating: filler, count: room / 2) + text
      + String(repeating: filler, count: room - room / 2)
  }
}
