internal import Vocabulary

/// Places prompts by what they begin with, each prefix in an order of workers of its own.
///
/// The order is that of rendezvous hashing, by a fast mix of the prefix's hash and the worker's
/// URL: when the first worker has as much as it may (`BoundedLoad`), the prefix goes on to its
/// second, always the same one, so it lies in two caches and not in all. A worker that leaves moves
/// only its own prefixes, to each one's next. Prompts without a full block have no prefix and go by
/// load. Cost: two passes over the candidates, a mix each, no allocation.
struct PrefixPlacement: Sendable {
  private let blocks: Int
  private let factor: Double
  private var byLoad = LeastLoadPolicy()

  /// A placement as `settings` say.
  init(_ settings: PolicySettings) {
    precondition(settings.prefixHashBlocks > 0, "a prefix has a block")
    blocks = settings.prefixHashBlocks
    factor = settings.prefixHashLoadFactor
  }

  /// The first candidate in the order of the request's prefix that may have more; the score is its
  /// number of requests in flight.
  mutating func choose(
    for request: borrowing RequestTraits, named names: borrowing MemberNames,
    among candidates: UnsafeBufferPointer<WorkerSnapshot>, using generator: inout SplitMix64
  ) -> Choice? {
    guard candidates.count > 1, let key = request.prefix.key(blocks: blocks) else {
      return byLoad.choose(for: request, among: candidates, using: &generator)
    }
    let bound = BoundedLoad(candidates, adding: request.promptTokens, factor: factor)
    let (first, best) = names.withMarks { ids, marks in
      PrefixPlacement.highest(of: key, ids, marks, among: candidates, within: bound)
    }
    guard best >= 0 else {
      return byLoad.choose(for: request, among: candidates, using: &generator)
    }
    return Choice(
      index: best, reason: best == first ? .hash : .hashSpill,
      score: Double(candidates[best].allRequests))
  }

  /// The places of the candidate that comes first in the order of `key`, and of the first that may
  /// have more; -1 for none.
  @inline(__always)
  private static func highest(
    of key: UInt64, _ ids: UnsafeBufferPointer<UInt32>, _ marks: UnsafeBufferPointer<UInt64>,
    among candidates: UnsafeBufferPointer<WorkerSnapshot>, within bound: BoundedLoad
  ) -> (first: Int, best: Int) {
    guard let start = candidates.baseAddress else { return (-1, -1) }
    var member = 0
    var (first, firstRank) = (-1, UInt64.zero)
    var (best, bestRank) = (-1, UInt64.zero)
    for place in candidates.indices {
      let id = candidates[place].id.number
      while member < ids.count, ids[member] < id { member &+= 1 }
      guard member < ids.count, ids[member] == id else { continue }
      let rank = SplitMix64.mix(key ^ marks[member])
      // Below the best that may have more it is neither.
      if rank <= bestRank, best >= 0 { continue }
      if first < 0 || rank > firstRank { (first, firstRank) = (place, rank) }
      if bound.admits(start + place) { (best, bestRank) = (place, rank) }
    }
    return (first, best)
  }
}

extension PrefixChain {
  /// The hash of the first `blocks` blocks, or of all when there are fewer; nil without a full one.
  func key(blocks: Int) -> UInt64? {
    hashes.isEmpty ? nil : hashes[min(blocks, hashes.count) - 1]
  }
}
