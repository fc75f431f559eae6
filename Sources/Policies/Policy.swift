public import Vocabulary

/// A pure choice of the worker that serves a request.
///
/// Owned by one loop and used on its thread only. It reserves nothing, logs nothing, reads no clock
/// and allocates nothing to choose; its memory changes by the events below and by nothing else, but
/// for what a rotation needs for its next choice and for what it has worked out and would again.
/// What the loops remember together lies in a `PolicyMemory`. The candidates are already filtered
/// to the eligible ones and lie in registration order: ids ascend strictly. Cost: at most two
/// passes over the candidates.
public protocol Policy: Sendable {
  /// Which policy it is, for logs and metrics.
  var name: PolicyName { get }

  /// Whether it wants to hear `noteRouted`; a constant.
  var learnsRoutes: Bool { get }

  /// The candidate that should serve `request`, or nil if and only if there are no candidates.
  mutating func choose(
    for request: borrowing RequestTraits,
    among candidates: UnsafeBufferPointer<WorkerSnapshot>,
    using generator: inout SplitMix64
  ) -> Choice?

  /// The request goes to `worker`, whoever chose it: the last choice, another one after a failure,
  /// or an operator.
  mutating func noteRouted(_ request: borrowing RequestTraits, to worker: WorkerID)

  /// These are the workers that may be candidates from now on, in registration order, those that
  /// are ill or draining included. Called before the first choice, and after every change.
  mutating func noteMembers(_ members: [PolicyMember])
}

extension Policy {
  /// Most policies need not know.
  public var learnsRoutes: Bool { false }

  /// Most policies need not know.
  public mutating func noteRouted(_ request: borrowing RequestTraits, to worker: WorkerID) {}

  /// Most policies need not know.
  public mutating func noteMembers(_ members: [PolicyMember]) {}
}
