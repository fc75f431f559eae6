internal import Vocabulary

/// How a worker failed a leg, as far as its breaker must know.
enum BreakerFailure: Equatable, Sendable {
  /// No connection came about, or it broke: a good probe says that this is over.
  case connection
  /// It answered with a 5xx or with nonsense, failed within its answer, or gave none in time.
  case answer
  /// It failed to use what that prefill worker had made, which may be the other one's fault.
  case handOver(from: WorkerID)
}
