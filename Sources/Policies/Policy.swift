public import Vocabulary

/// A pure choice of the worker that serves a request.
///
/// Owned by one loop and used on its thread only. It reserves nothing, logs nothing, reads no clock
/// and allocates nothing; its only memory is what it needs for the next choice. The candidates are
/// already filtered to the eligible ones and lie in registration order: ids ascend strictly.
/// Cost: at most one pass over the candidates.
public protocol Policy: Sendable {
  /// Which policy it is, for logs and metrics.
  var name: PolicyName { get }

  /// The candidate that should serve `request`, or nil if and only if there are no candidates.
  mutating func choose(
    for request: borrowing RequestTraits,
    among candidates: UnsafeBufferPointer<WorkerSnapshot>,
    using generator: inout SplitMix64
  ) -> Choice?
}
