public import Vocabulary

/// The candidate with which the request's session key scores highest, by the baseline's hash.
///
/// Highest random weight (Thaler and Ravishankar, 1998): no ring to keep, shares more even than a
/// ring's, and a worker that leaves moves its own keys only, each to its next best. Of equal scores
/// the last wins, as in the baseline. A request without a session key goes by its prompt's prefix
/// (`PrefixPlacement`). Not bounded by load. Cost: 0.1 µs for each candidate, no allocation.
public struct RendezvousHashPolicy: Policy {
  /// Which policy it is.
  public var name: PolicyName { .rendezvousHash }

  private var names = MemberNames()
  private var byPrefix: PrefixPlacement

  /// A policy that knows nobody yet.
  public init(_ settings: PolicySettings = PolicySettings()) {
    byPrefix = PrefixPlacement(settings)
  }

  /// The candidate with the highest score of the key; the score itself says nothing and is left
  /// out.
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
    let found = names.withScores(of: session.text[...]) { scores in
      var (best, highest) = (-1, UInt64.zero)
      for place in candidates.indices {
        guard let score = scores.score(candidates[place].id) else { continue }
        if best < 0 || score >= highest { (best, highest) = (place, score) }
      }
      return best
    }
    guard found >= 0 else {
      return byPrefix.choose(for: request, named: names, among: candidates, using: &generator)
    }
    return Choice(index: found, reason: .hash)
  }

  /// Takes the members' names.
  public mutating func noteMembers(_ members: [PolicyMember]) {
    names.update(members)
  }
}
