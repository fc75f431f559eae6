public import Vocabulary

/// The worker to which the beginning of the prompt belongs, or its next one while that has too
/// much.
///
/// Consistent hashing with bounded loads over the first `PolicySettings.prefixHashBlocks` blocks of
/// the prompt; `PrefixPlacement` has the order and `BoundedLoad` the cap. Remembers nothing of any
/// request, so all loops and all routers agree. Cost: two passes over the candidates, no
/// allocation.
public struct PrefixHashPolicy: Policy {
  /// Which policy it is.
  public var name: PolicyName { .prefixHash }

  private var names = MemberNames()
  private var placement: PrefixPlacement

  /// A policy that knows nobody yet.
  public init(_ settings: PolicySettings = PolicySettings()) {
    placement = PrefixPlacement(settings)
  }

  /// The first candidate in the prefix's order that may have more; the score is its number of
  /// requests in flight.
  public mutating func choose(
    for request: borrowing RequestTraits,
    among candidates: UnsafeBufferPointer<WorkerSnapshot>,
    using generator: inout SplitMix64
  ) -> Choice? {
    placement.choose(for: request, named: names, among: candidates, using: &generator)
  }

  /// Takes the members' names.
  public mutating func noteMembers(_ members: [PolicyMember]) {
    names.update(members)
  }
}
