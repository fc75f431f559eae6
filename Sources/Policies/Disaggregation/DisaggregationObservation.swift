public import Vocabulary

/// What became of a request, as far as a decider learns from it.
///
/// Successful work only: a failure's duration says nothing of a cost. First tokens only where one
/// is seen to come: an answer that arrives as a whole shows none. Token counts are those known when
/// the request was sent, in the sense of `DisaggregationQuestion`; numbers that cannot be are
/// brought into range, and an observation of negative duration is dropped.
public enum DisaggregationObservation: Sendable, Equatable {
  /// A prefill leg was answered, so long after it was sent.
  case prefillDone(
    worker: WorkerID, uncached: TokenCount, queuedAhead: TokenCount, took: Duration)
  /// Decode's first token came so long after prefill's answer; `tokens` decode had to fetch.
  case handOver(
    prefill: WorkerID, decode: WorkerID, tokens: TokenCount, isColdPair: Bool, took: Duration)
  /// The first token of a request served whole came so long after it was sent.
  case servedWhole(
    worker: WorkerID, uncached: TokenCount, queuedAhead: TokenCount, activeDecodes: Int,
    took: Duration)
  /// A worker is gone; its id is never given to another.
  case workerLeft(WorkerID)
}
