internal import Vocabulary

/// One request's share of a worker's load, from its choice to its end.
struct Reservation {
  private(set) var worker: Worker?
  private var tokens = TokenCount.zero

  /// Counts the request in at `worker`; precondition: nothing is reserved.
  mutating func take(_ worker: Worker, _ promptTokens: TokenCount) {
    precondition(self.worker == nil, "a reservation is released before another is taken")
    worker.reserve(promptTokens)
    self.worker = worker
    tokens = promptTokens
  }

  /// Counts it out; does nothing when nothing is reserved.
  mutating func release() {
    worker?.release(tokens)
    worker = nil
  }
}
