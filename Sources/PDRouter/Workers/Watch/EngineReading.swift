/// What one engine, or one data-parallel rank of it, said of its load in one `GET /metrics`.
struct EngineReading: Equatable {
  /// Requests being computed.
  var running = 0.0
  /// Requests waiting, for whatever.
  var waiting = 0.0
  /// Those of them that wait for KV from another engine, not for room.
  var deferred = 0.0
  /// Share of the KV cache in use.
  var kvUsage = 0.0
  /// Prompt and answer tokens since it started.
  var tokens = 0.0
  /// Whether it said how much is running, without which the rest means nothing.
  var isLoad = false

  /// Whether requests wait for room: it computes as much as it can.
  var isSaturated: Bool { waiting - deferred > 0 }

  /// Takes one sample; others than these are nothing to it.
  mutating func note(_ line: PrometheusLine) {
    guard let value = line.value, value >= 0 else { return }
    func isCalled(_ name: StaticString) -> Bool { PrometheusLine.isEqual(line.name, name) }
    if isCalled("vllm:num_requests_running") {
      running += value
      isLoad = true
    } else if isCalled("vllm:num_requests_waiting") {
      waiting += value
    } else if isCalled("vllm:num_requests_waiting_by_reason") {
      let reason = line.label("reason")
      if reason.map({ PrometheusLine.isEqual($0, "deferred") }) ?? false { deferred += value }
    } else if isCalled("vllm:kv_cache_usage_perc") || isCalled("vllm:gpu_cache_usage_perc") {
      // An engine that is between the two names may say both.
      kvUsage = max(kvUsage, value)
    } else if isCalled("vllm:prompt_tokens_total") || isCalled("vllm:generation_tokens_total") {
      tokens += value
    }
  }
}
