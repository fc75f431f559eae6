internal import Vocabulary

/// How much of all load one worker may have before a key goes on to its next choice.
///
/// The cap of consistent hashing with bounded loads (Mirrokni, Thorup, Zadimoghaddam, 2018): a
/// factor above the mean, this request counted in, here of requests and of prompt tokens alike. The
/// least loaded worker is always below the cap of requests, though now and then nobody is below
/// both. Cost: one pass over the candidates.
struct BoundedLoad {
  private let requestCap: Double
  private let tokenCap: Double

  /// The caps among `candidates` with one more request of `promptTokens`; `factor` is at least 1.
  init(
    _ candidates: UnsafeBufferPointer<WorkerSnapshot>, adding promptTokens: TokenCount,
    factor: Double
  ) {
    precondition(factor >= 1, "a cap below the mean leaves nobody")
    var (requests, tokens, shares) = (0, 0, 0.0)
    for place in candidates.indices {
      requests &+= BoundedLoad.requests(of: candidates[place])
      tokens &+= candidates[place].tokensInFlight.number
      shares += BoundedLoad.share(of: candidates[place])
    }
    requestCap = factor * (Double(requests) + 1) / shares
    tokenCap = factor * (Double(tokens) + max(1, Double(promptTokens.number))) / shares
  }

  /// Whether `candidate` is below both caps.
  @inline(__always)
  func admits(_ candidate: borrowing WorkerSnapshot) -> Bool {
    let share = BoundedLoad.share(of: candidate)
    let requests = Double(BoundedLoad.requests(of: candidate))
    let tokens = Double(candidate.tokensInFlight.number)
    return requests < (requestCap * share).rounded(.up) && tokens < (tokenCap * share).rounded(.up)
  }

  /// Requests of everybody on it, as far as they are known.
  @inline(__always)
  static func requests(of candidate: borrowing WorkerSnapshot) -> Int {
    candidate.requestsInFlight &+ candidate.foreignRequests
  }

  /// A worker that starts slowly has a small share of the cap, never none.
  @inline(__always)
  private static func share(of candidate: borrowing WorkerSnapshot) -> Double {
    max(candidate.share, 0.01)
  }
}
