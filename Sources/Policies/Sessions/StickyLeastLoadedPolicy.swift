public import Vocabulary

/// The worker the session has been on; a new session goes to the worker with the fewest of them.
///
/// What is remembered lies in a `SessionTable`, so all loops agree, and is changed by `noteRouted`
/// alone: a retry that went elsewhere takes the session along. Among workers with equally few
/// sessions a new one goes where the baseline's hash of `id:url` is highest. A request without a
/// session key is not remembered; it goes where sessions and requests in flight together are
/// fewest, then by its prompt's prefix, or any. Cost: a look-up; for a new session a pass over the
/// candidates and 0.1 µs for each of the equal ones; no allocation.
public struct StickyLeastLoadedPolicy: Policy {
  /// Which policy it is.
  public var name: PolicyName { .stickyLeastLoaded }

  /// A session's worker is remembered.
  public var learnsRoutes: Bool { true }

  private let table: SessionTable
  private let prefixBlocks: Int
  private var names = MemberNames()
  /// Places with equally few sessions, kept from choice to choice.
  private var equals: [Int] = []

  /// A policy that remembers in `table`.
  public init(_ table: SessionTable, settings: PolicySettings = PolicySettings()) {
    self.table = table
    prefixBlocks = settings.prefixHashBlocks
  }

  /// The session's worker, or the one with the fewest sessions; the score is how many that has.
  public mutating func choose(
    for request: borrowing RequestTraits,
    among candidates: UnsafeBufferPointer<WorkerSnapshot>,
    using generator: inout SplitMix64
  ) -> Choice? {
    guard candidates.count > 1 else {
      return candidates.isEmpty ? nil : Choice(index: 0, reason: .onlyCandidate)
    }
    guard let session = request.session else {
      return chooseUnnamed(request.prefix.key(blocks: prefixBlocks), candidates, &generator)
    }
    let fingerprint = SessionTable.fingerprint(of: session.value)
    if let worker = table.worker(of: fingerprint, now: request.now),
      let place = candidates.place(of: worker.number)
    {
      return Choice(index: place, reason: .session, score: Double(table.sessions(of: worker)))
    }
    let fewest = table.fewest(among: candidates, into: &equals) { _ in 0 }
    let place = equals.count == 1 ? equals[0] : highest(session.value, among: candidates)
    return Choice(index: place, reason: .fewestSessions, score: Double(fewest))
  }

  /// Remembers the session's worker.
  public mutating func noteRouted(_ request: borrowing RequestTraits, to worker: WorkerID) {
    guard let session = request.session else { return }
    table.note(SessionTable.fingerprint(of: session.value), on: worker, now: request.now)
  }

  /// Takes the members' names.
  public mutating func noteMembers(_ members: [PolicyMember]) {
    names.update(members)
    equals.reserveCapacity(members.count)
  }

  /// The first of the equal candidates with which `id` scores highest.
  private mutating func highest(
    _ id: ArraySlice<UInt8>, among candidates: UnsafeBufferPointer<WorkerSnapshot>
  ) -> Int {
    let equals = equals
    return names.withScores(of: id) { scores in
      var (best, highest) = (equals[0], UInt64.zero)
      for place in equals {
        guard let score = scores.score(candidates[place].id), score > highest else { continue }
        (best, highest) = (place, score)
      }
      return best
    }
  }

  private mutating func chooseUnnamed(
    _ prefix: UInt64?, _ candidates: UnsafeBufferPointer<WorkerSnapshot>,
    _ generator: inout SplitMix64
  ) -> Choice {
    let fewest = table.fewest(among: candidates, into: &equals) {
      candidates[$0].allRequests
    }
    precondition(!equals.isEmpty, "some candidate has the fewest")
    guard equals.count > 1 else {
      return Choice(index: equals[0], reason: .leastLoaded, score: Double(fewest))
    }
    // Alike prompts meet where it costs nothing; the rest is spread.
    let seed = prefix ?? generator.next()
    var (best, highest) = (equals[0], UInt64.zero)
    for place in equals {
      let rank = SplitMix64.mix(seed ^ SplitMix64.mix(UInt64(candidates[place].id.number)))
      if rank > highest { (best, highest) = (place, rank) }
    }
    return Choice(index: best, reason: .tie, score: Double(fewest))
  }
}
