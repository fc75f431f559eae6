public import Vocabulary

/// How much a worker has to do, as every policy that weighs load sees it.
///
/// Requests first, since an engine's time per step follows from how many it batches; tokens only
/// where requests are equal. Counts what the router sent itself, up to this moment, and what a
/// fresh report says that others have put there. Cost: some ten instructions.
public struct WorkerLoad: Sendable, Equatable, Comparable {
  /// Requests that a cold pair counts for: a handshake of some 5 s is worth about as many requests
  /// of an ordinary length. More would keep the pair cold while its worker idles.
  @inlinable
  public static var coldPairRequests: Int { 4 }

  /// Requests that a far pair counts for: the KV of a prompt of some 1,700 tokens takes as much
  /// longer (`PairCost`).
  @inlinable
  public static var farPairRequests: Int { 2 }

  /// Requests that a model or adapter counts for that the worker has yet to load.
  @inlinable
  public static var newModelRequests: Int { 1 }

  /// A share below this counts as this, so that no load is infinite.
  @inlinable
  static var leastShare: Double { 0.01 }

  /// Requests there, of this router and of others, with what a cold or far pair and a new model
  /// count
  /// for; divided by the worker's share, so that one that is to be given a tenth looks ten times as
  /// busy.
  public let requests: Double
  /// Estimated prompt tokens of this router's requests there.
  public let tokens: TokenCount

  /// The load of `worker` as it was when the snapshot was taken.
  @inlinable
  @inline(__always)
  public init(of worker: borrowing WorkerSnapshot) {
    var requests = WorkerLoad.unshared(worker)
    if worker.share < 1 { requests /= max(worker.share, WorkerLoad.leastShare) }
    self.requests = requests
    tokens = worker.tokensInFlight
  }

  /// The requests there before its share counts.
  @inlinable
  @inline(__always)
  static func unshared(_ worker: borrowing WorkerSnapshot) -> Double {
    // In floating point, where no number that an engine tells of itself can overflow.
    var requests = Double(worker.requestsInFlight)
    if let reported = worker.reported { requests += Double(reported.foreignRequests) }
    if worker.isColdPair { requests += Double(coldPairRequests) }
    if worker.isFarPair { requests += Double(farPairRequests) }
    if worker.isNewToModel { requests += Double(newModelRequests) }
    return requests
  }

  /// Fewer requests first, then fewer tokens.
  @inlinable
  @inline(__always)
  public static func < (left: WorkerLoad, right: WorkerLoad) -> Bool {
    left.requests != right.requests
      ? left.requests < right.requests : left.tokens < right.tokens
  }
}
