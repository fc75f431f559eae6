/// What an engine's `/metrics` said of its load the last time it was asked.
public struct ReportedLoad: Sendable, Equatable {
  /// Requests there that did not come through this router, when it was asked: `running` and
  /// `waiting` less ours; never negative.
  public var foreignRequests: Int
  /// Requests being computed (`vllm:num_requests_running`).
  public var running: Int
  /// Requests waiting to be (`vllm:num_requests_waiting`).
  public var waiting: Int
  /// Share of the KV cache in use (`vllm:kv_cache_usage_perc`), 0 … 1.
  public var kvUsage: Double
  /// Tokens it computes in a second, prompt and answer together, while it is busy; 0 when unknown.
  public var tokensPerSecond: Double

  /// A report from its parts; values out of range are brought into it.
  public init(
    foreignRequests: Int = 0, running: Int = 0, waiting: Int = 0, kvUsage: Double = 0,
    tokensPerSecond: Double = 0
  ) {
    self.foreignRequests = max(0, foreignRequests)
    self.running = max(0, running)
    self.waiting = max(0, waiting)
    self.kvUsage = kvUsage.isFinite ? min(max(kvUsage, 0), 1) : 0
    self.tokensPerSecond = tokensPerSecond.isFinite ? max(0, tokensPerSecond) : 0
  }
}
