internal import Vocabulary

/// Which pairs are still to be warmed: a queue without doubles. Pure.
///
/// Limits: `concurrency` pairs under way, `capacity` waiting; what comes beyond waits for its first
/// live request instead.
struct PairWarmPlan {
  /// A pair by its workers' identities.
  struct Pair: Hashable, Sendable {
    let prefill: WorkerID
    let decode: WorkerID
  }

  /// Pairs under way at once: a handshake is short, and live requests must not notice.
  static let concurrency = 4
  /// Pairs that may wait.
  static let capacity = 256

  private var waiting: [Pair] = []
  private var underWay: Set<Pair> = []

  /// Whether nothing is left to do.
  var isEmpty: Bool { waiting.isEmpty && underWay.isEmpty }

  /// Pairs waiting for their turn.
  var waitingCount: Int { waiting.count }

  /// Puts a pair in line, unless it is there already or the line is full.
  mutating func add(_ pair: Pair) {
    guard waiting.count < PairWarmPlan.capacity, !underWay.contains(pair),
      !waiting.contains(pair)
    else { return }
    waiting.append(pair)
  }

  /// The next pair to warm, which is under way from now on; nil when none waits or enough are.
  ///
  /// Takes the first whose workers are not busy with another, so that four cold engines warm up at
  /// once rather than one engine four times.
  mutating func next() -> Pair? {
    guard underWay.count < PairWarmPlan.concurrency, !waiting.isEmpty else { return nil }
    let place =
      waiting.firstIndex { pair in
        !underWay.contains { $0.prefill == pair.prefill || $0.decode == pair.decode }
      } ?? 0
    let pair = waiting.remove(at: place)
    underWay.insert(pair)
    return pair
  }

  /// A pair that was under way has been warmed, or not.
  mutating func end(_ pair: Pair) {
    let removed = underWay.remove(pair)
    precondition(removed != nil, "a pair ends once")
  }

  /// A worker is not to be warmed any more; what is under way goes on.
  mutating func forget(_ worker: WorkerID) {
    waiting.removeAll { $0.prefill == worker || $0.decode == worker }
  }
}
