internal import Vocabulary

/// What a run's measurements come to. Pure.
///
/// Latencies are of requests with a whole answer; failures are counted beside them.
package struct BenchFigures: Sendable {
  /// From the start to the last answer, in seconds.
  package private(set) var seconds: Double
  /// Requests with a whole answer.
  package private(set) var completed = 0
  /// Requests without one.
  package private(set) var failed = 0
  /// Requests under way when the run was ended.
  package private(set) var unfinished = 0
  /// Prompt tokens of those completed.
  package private(set) var inputTokens = 0
  /// Their generated tokens.
  package private(set) var outputTokens = 0
  /// Their prompt tokens that engines had in a cache.
  package private(set) var cachedTokens = 0
  /// Those that kept their goals; nil when none were set.
  package private(set) var good: Int?
  /// Most tokens in one second.
  package private(set) var mostTokensPerSecond: Int
  /// Most requests under way at a time.
  package private(set) var mostInFlight: Int
  private var summaries: [LatencyMetric: FigureSummary] = [:]

  /// The figures of `outcome`; percentiles are shares from 0 to 100.
  package init(
    _ outcome: BenchOutcome, countsFrom: BenchPlan.Start, percentiles: [Double], goodput: Goodput
  ) {
    seconds = max(0, (outcome.end - outcome.start).inSeconds)
    mostTokensPerSecond = outcome.tokens.mostPerSecond
    mostInFlight = outcome.mostInFlight
    if case .interrupted(let count) = outcome.ending { unfinished = count }
    if !goodput.isEmpty { good = 0 }
    var samples = [LatencyMetric: Sample]()
    for record in outcome.records {
      guard record.isSuccess else {
        failed += 1
        continue
      }
      completed += 1
      inputTokens += record.inputTokens
      outputTokens += record.outputTokens
      cachedTokens += record.cachedTokens
      let start = countsFrom == .due ? record.due : record.sent
      let firstToken = record.firstToken.map { $0 - start }
      if let firstToken { samples[.ttft, default: Sample()].record(firstToken) }
      if let perToken = record.perToken { samples[.tpot, default: Sample()].record(perToken) }
      samples[.e2el, default: Sample()].record(record.end - start)
      samples[.clientQueueTime, default: Sample()].record(record.sent - record.due)
      samples[.wholeWithQueue, default: Sample()].record(record.end - record.due)
      let isGood = goodput.isMet(
        firstToken: firstToken, perToken: record.perToken, whole: record.end - start)
      if isGood, let count = good { good = count + 1 }
    }
    for (metric, sample) in samples { summaries[metric] = sample.summary(percentiles) }
    if outcome.gaps.count > 0 { summaries[.itl] = outcome.gaps.summary(percentiles) }
    noValue = FigureSummary(percentiles: percentiles.map { ($0, 0) })
  }

  private let noValue: FigureSummary

  /// The summary of one time; zeros where there is no value.
  package func summary(_ metric: LatencyMetric) -> FigureSummary { summaries[metric] ?? noValue }

  /// `count` a second.
  package func perSecond(_ count: Int) -> Double { seconds > 0 ? Double(count) / seconds : 0 }
}
