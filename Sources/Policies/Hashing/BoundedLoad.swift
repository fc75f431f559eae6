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
    guard let first = candidates.baseAddress else { preconditionFailure("somebody is to be bound") }
    for place in candidates.indices {
      requests &+= BoundedLoad.requests(of: first + place)
      tokens &+= first[place].tokensInFlight.number
      shares += BoundedLoad.share(of: first + place)
    }
    requestCap = factor * (Double(requests) + 1) / shares
    tokenCap = factor * (Double(tokens) + max(1, Double(promptTokens.number))) / shares
  }

  /// Whether `candidate` is below both caps.
  @inline(__always)
  func admits(_ candidate: UnsafePointer<WorkerSnapshot>) -> Bool {
    let share = BoundedLoad.share(of: candidate)
    let requests = Double(BoundedLoad.requests(of: candidate))
    let tokens = Double(candidate.pointee.tokensInFlight.number)
    // What is below a cap that is not whole is below the next whole number, so none is rounded.
    return requests < requestCap * share && tokens < tokenCap * share
  }

  /// Requests of everybody on it, as far as they are known.
  @inline(__always)
  static func requests(of candidate: UnsafePointer<WorkerSnapshot>) -> Int {
    candidate.pointee.allRequests
  }

  /// A worker that starts slowly has a small share of the cap, never none.
  @inline(__always)
  private static func share(of candidate: UnsafePointer<WorkerSnapshot>) -> Double {
    candidate.pointee.share > 0.01 ? candidate.pointee.share : 0.01
  }
}
