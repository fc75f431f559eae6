public import Vocabulary

/// Each worker in turn, in registration order, whoever comes, goes or is excluded meanwhile.
///
/// Remembers only the last id chosen and takes the next higher one among the candidates, wrapping
/// round; so nobody is skipped or served twice when the list changes, which a counter taken modulo
/// the list's length does. Cost: a binary search.
public struct RoundRobinPolicy: Policy {
  /// Which policy it is.
  public var name: PolicyName { .roundRobin }

  private var lastChosen: WorkerID?

  /// A rotation that starts at the first candidate.
  public init() {}

  /// The first candidate registered after the last one chosen.
  public mutating func choose(
    for request: borrowing RequestTraits,
    among candidates: UnsafeBufferPointer<WorkerSnapshot>,
    using generator: inout SplitMix64
  ) -> Choice? {
    guard !candidates.isEmpty else { return nil }
    var index = 0
    if let lastChosen { index = firstIndex(after: lastChosen, in: candidates) }
    if index == candidates.count { index = 0 }
    lastChosen = candidates[index].id
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
