public import Vocabulary

/// The worker on the baseline's hash ring to which the request's session key belongs.
///
/// The ring is that of all members, the ill and draining included, so a worker that is away for a
/// while takes nothing from the others' keys. Its own keys go on round the ring to the next
/// candidates, each node's keys elsewhere. A request without a session key goes by its prompt's
/// prefix (`PrefixPlacement`). Not bounded by load: a key keeps its worker whatever its load. Cost:
/// a hash of the key and a binary search, no allocation.
public struct ConsistentHashPolicy: Policy {
  /// Which policy it is.
  public var name: PolicyName { .consistentHash }

  private var ring = HashRing()
  private var names = MemberNames()
  private var byPrefix: PrefixPlacement

  /// A policy that knows nobody yet.
  public init(_ settings: PolicySettings = PolicySettings()) {
    byPrefix = PrefixPlacement(settings)
  }

  /// The owner of the key's place, or who follows it on the ring; no score.
  public mutating func choose(
    for request: borrowing RequestTraits,
    among candidates: UnsafeBufferPointer<WorkerSnapshot>,
    using generator: inout SplitMix64
  ) -> Choice? {
    guard candidates.count > 1 else {
      return candidates.isEmpty ? nil : Choice(index: 0, reason: .onlyCandidate)
    }
    guard let session = request.session else {
      return byPrefix.choose(for: request, named: names, among: candidates, using: &generator)
    }
    let hash = session.text.withUnsafeBytes { FBIHash.hash($0) }
    guard let found = ring.first(from: hash, among: candidates) else {
      return byPrefix.choose(for: request, named: names, among: candidates, using: &generator)
    }
    return Choice(index: found.index, reason: found.isOwner ? .hash : .hashSpill)
  }

  /// Puts newcomers on the ring and takes off who has left.
  public mutating func noteMembers(_ members: [PolicyMember]) {
    ring.update(members)
    names.update(members)
  }
}
