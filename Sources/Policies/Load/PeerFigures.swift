internal import Vocabulary

/// What is presumed of a worker that has not said it: the means of those that have.
struct PeerFigures {
  /// Prompt tokens of a request, while none is in flight to take a mean of.
  static let presumedTokens = 1024.0
  /// Tokens a second, while no worker's speed is known.
  static let presumedSpeed = 2000.0

  /// Requests of others at one worker.
  private(set) var foreignRequests = 0.0
  /// Share of the KV cache in use.
  private(set) var kvUsage = 0.0
  /// Tokens that a worker computes in a second; above 0.
  private(set) var tokensPerSecond = PeerFigures.presumedSpeed
  /// Prompt tokens of one request.
  private(set) var tokensPerRequest = PeerFigures.presumedTokens

  /// The means over `workers`, as far as these have said anything.
  init(of workers: UnsafeBufferPointer<WorkerSnapshot>) {
    var (reports, speeds, requests, tokens) = (0, 0, 0, 0)
    var (foreign, usage, speed) = (0.0, 0.0, 0.0)
    for place in workers.indices {
      requests &+= workers[place].requestsInFlight
      tokens &+= workers[place].tokensInFlight.number
      guard workers[place].isReported else { continue }
      reports &+= 1
      foreign += Double(workers[place].foreignRequests)
      usage += workers[place].kvUsage
      guard workers[place].tokensPerSecond > 0 else { continue }
      speeds &+= 1
      speed += workers[place].tokensPerSecond
    }
    if reports > 0 {
      (foreignRequests, kvUsage) = (foreign / Double(reports), usage / Double(reports))
    }
    if speeds > 0 { tokensPerSecond = speed / Double(speeds) }
    if tokens > 0 { tokensPerRequest = Double(tokens) / Double(max(requests, 1)) }
  }
}
