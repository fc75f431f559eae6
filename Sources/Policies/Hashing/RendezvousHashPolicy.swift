public import Vocabulary

/// The candidate with which the request's session key scores highest, by the baseline's hash.
///
/// Highest random weight (Thaler and Ravishankar, 1998): no ring to keep, shares more even than a
/// ring's, and a worker that leaves moves its own keys only, each to its next best. Of equal scores
/// the last wins, as in the baseline. A request without a session key goes by its prompt's prefix
/// (`PrefixPlacement`). Not bounded by load. Cost: 50 ns for each member the first time a key
/// comes, 40 ns in all while it is remembered (`KeyMemo`); no allocation but the memo's own.
public struct RendezvousHashPolicy: Policy {
  /// Which policy it is.
  public var name: PolicyName { .rendezvousHash }

  /// With fewer members it takes less time to look at them all.
  private static let fewestToRemember = 8

  private var names = MemberNames()
  private var memo = KeyMemo()
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
    let found = place(of: session, among: candidates)
    guard found >= 0 else {
      return byPrefix.choose(for: request, named: names, among: candidates, using: &generator)
    }
    return Choice(index: found, reason: .hash)
  }

  /// Takes the members' names.
  public mutating func noteMembers(_ members: [PolicyMember]) {
    names.update(members)
    memo.removeAll()
  }

  /// The place of the candidate with which `session` scores highest; -1 where none is a member.
  private mutating func place(
    of session: SessionKey, among candidates: UnsafeBufferPointer<WorkerSnapshot>
  ) -> Int {
    guard names.ids.count >= RendezvousHashPolicy.fewestToRemember else {
      return highest(session, among: candidates).place
    }
    let fingerprint = SessionTable.fingerprint(of: session.text)
    // Whoever is highest of all members is so of the candidates, if it is one of them.
    if let winner = memo.winner(of: fingerprint), let place = candidates.place(of: winner) {
      return place
    }
    let (place, winner) = highest(session, among: candidates)
    if let winner { memo.note(winner, of: fingerprint) }
    return place
  }

  /// The place of the candidate with the highest score of `session`, the last of equal ones, and
  /// the number of the member with the highest; -1 and nil where there is none.
  private mutating func highest(
    _ session: SessionKey, among candidates: UnsafeBufferPointer<WorkerSnapshot>
  ) -> (place: Int, winner: UInt32?) {
    let ids = names.ids
    return names.withScores(of: session.text[...]) { scores in
      var (best, highest) = (-1, UInt64.zero)
      var (winner, top) = (UInt32?.none, UInt64.zero)
      var place = 0
      for id in ids {
        guard let score = scores.score(WorkerID(number: id)) else { continue }
        if winner == nil || score >= top { (winner, top) = (id, score) }
        while place < candidates.count, candidates[place].id.number < id { place &+= 1 }
        guard place < candidates.count, candidates[place].id.number == id else { continue }
        if best < 0 || score >= highest { (best, highest) = (place, score) }
      }
      return (best, winner)
    }
  }
}
