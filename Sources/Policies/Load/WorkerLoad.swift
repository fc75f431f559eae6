public import Vocabulary

/// How much a worker has to do, as every policy that weighs load sees it.
///
/// Requests first, since an engine's time per step follows from how many it batches; tokens only
/// where requests are equal. Counts what the router sent itself, up to this moment, and what a
/// fresh report says that others have put there. Cost: two loads from memory, for the snapshot has
/// worked it out.
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
  static var leastShare: Double { 0.01 }

  /// Requests there, of this router and of others, with what a cold or far pair and a new model
  /// count for; divided by the worker's share, so that one that is to be given a tenth looks ten
  /// times as busy.
  public let requests: Double
  /// Estimated prompt tokens of this router's requests there.
  public let tokens: TokenCount

  /// The load of `worker` as it was when the snapshot was taken.
  @inline(__always)
  public init(of worker: borrowing WorkerSnapshot) {
    requests = worker.load
    tokens = worker.tokensInFlight
  }

  /// Fewer requests first, then fewer tokens.
  @inlinable
  @inline(__always)
  public static func < (left: WorkerLoad, right: WorkerLoad) -> Bool {
    left.requests != right.requests
      ? left.requests < right.requests : left.tokens < right.tokens
  }
}
