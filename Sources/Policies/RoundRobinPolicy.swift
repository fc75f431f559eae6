public import Vocabulary

/// Each worker in turn, in registration order, whoever comes, goes or is excluded meanwhile.
///
/// Remembers only the last id chosen and takes the next higher one among the candidates, wrapping
/// round; so nobody is skipped or served twice when the list changes, which a counter taken modulo
/// the list's length does. The last turn is shared by all loops, for each role of the first
/// candidate, so the rotation is that of the whole router. Cost: a binary search and an atomic
/// exchange.
public struct RoundRobinPolicy: Policy {
  /// Times that the turn is asked for again because another loop took it; then two loops give the
  /// same worker a turn, which does no harm.
  private static let mostTries = 4

  /// Which policy it is.
  public var name: PolicyName { .roundRobin }

  private let turns: RotationTurns

  /// A rotation of its own that starts at the first candidate.
  public init() {
    self.init(sharing: RotationTurns())
  }

  init(sharing turns: RotationTurns) {
    self.turns = turns
  }

  /// The first candidate registered after the last one chosen.
  public mutating func choose(
    for request: borrowing RequestTraits,
    among candidates: UnsafeBufferPointer<WorkerSnapshot>,
    using generator: inout SplitMix64
  ) -> Choice? {
    guard !candidates.isEmpty else { return nil }
    let role = candidates[0].role
    var index = 0
    for _ in 0..<RoundRobinPolicy.mostTries {
      let last = turns.last(role)
      index = last.map { firstIndex(after: $0, in: candidates) } ?? 0
      if index == candidates.count { index = 0 }
      if turns.pass(role, from: last, to: candidates[index].id) { break }
    }
    return Choice(index: index, reason: candidates.count == 1 ? .onlyCandidate : .rotation)
  }

  private func firstIndex(
    after id: WorkerID, in candidates: UnsafeBufferPointer<WorkerSnapshot>
  ) -> Int {
    var low = 0
    var high = candidates.count
    while low < high {
      let middle = low + (high - low) / 2
      if candidates[middle].id <= id { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
