/// What requests look like.
package enum WorkloadSource: Equatable, Sendable {
  /// Random prompts behind a common prefix; lengths are drawn evenly from (1 − `rangeRatio`) to
  /// (1 + `rangeRatio`) of what is said, the prefix not counted (`--dataset-name random`).
  case random(
    prefixTokens: Int, inputTokens: Int, outputTokens: Int, rangeRatio: Double)
  /// Random ends behind `prefixes` prefixes, used in turn
  /// (`--dataset-name prefix_repetition`).
  case prefixRepetition(
    prefixes: Int, prefixTokens: Int, suffixTokens: Int, outputTokens: Int)
  /// The requests of a trace, in blocks of so many tokens (`--dataset-name timed_trace`).
  case trace([TraceRequest], blockTokens: Int)
}
