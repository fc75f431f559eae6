internal import Vocabulary

/// One request's share of a worker's load, from its choice to its end.
struct Reservation {
  private(set) var worker: Worker?
  private var tokens = TokenCount.zero
  private var isUrgent = false
  /// Whether the prompt is still to be computed there by a worker that also decodes.
  private var promptIsWaiting = false
  /// What the worker's breaker let the request in as.
  private var trial = BreakerTrial.none
  /// Whether the breaker was told what became of the leg, or is not to be.
  private var isJudged = false

  /// Whether it is a decode leg that is not begun yet: its prefill is under way.
  private var isPending = false

  /// Counts the request in at `worker`; precondition: nothing is reserved.
  ///
  /// `computesPrompt`: the worker serves the request whole, so its prompt waits there until the
  /// first token. `isPending`: its leg waits for a prefill.
  mutating func take(
    _ worker: Worker, _ promptTokens: TokenCount, computesPrompt: Bool = false,
    isUrgent: Bool = false, isPending: Bool = false
  ) {
    precondition(self.worker == nil, "a reservation is released before another is taken")
    worker.reserve(promptTokens, isUrgent: isUrgent)
    self.isUrgent = isUrgent
    self.worker = worker
    tokens = promptTokens
    promptIsWaiting = computesPrompt
    if computesPrompt { worker.addWaitingPrompt(promptTokens) }
    trial = worker.breaker.enter()
    isJudged = false
    self.isPending = isPending
    if isPending { worker.tally.beginPending() }
  }

  /// The decode leg is begun.
  mutating func legHasBegun() {
    guard isPending else { return }
    isPending = false
    worker?.tally.endPending()
  }

  /// The first token has come: the prompt waits no longer.
  mutating func promptIsDone() {
    guard promptIsWaiting else { return }
    promptIsWaiting = false
    worker?.removeWaitingPrompt(tokens)
  }

  /// Counts it out; does nothing when nothing is reserved.
  @inline(__always)
  mutating func release() {
    if worker != nil { countOut() }
  }

  private mutating func countOut() {
    guard let worker else { preconditionFailure("looked at before") }
    promptIsDone()
    legHasBegun()
    worker.release(tokens, isUrgent: isUrgent)
    worker.breaker.noteLeft(&trial)
    self.worker = nil
  }
}

// MARK: - The worker's breaker

extension Reservation {
  /// The leg has given a first token.
  ///
  /// - Returns: how that changed the worker's breaker.
  mutating func noteProgress() -> BreakerChange? {
    guard let worker, !isJudged else { return nil }
    return worker.breaker.noteProgress(&trial)
  }

  /// The leg has come to a good end; only the first verdict counts.
  ///
  /// - Returns: how that changed the worker's breaker.
  mutating func noteSuccess() -> BreakerChange? {
    guard let worker, !isJudged else { return nil }
    isJudged = true
    return worker.breaker.noteSuccess(&trial)
  }

  /// The worker has failed the leg; only the first verdict counts.
  ///
  /// - Returns: how that changed the worker's breaker.
  mutating func noteFailure(
    _ failure: BreakerFailure, now: Instant, by settings: BreakerSettings
  ) -> BreakerChange? {
    guard let worker, !isJudged else { return nil }
    isJudged = true
    return worker.breaker.noteFailure(failure, &trial, now: now, by: settings)
  }

  /// Whatever becomes of the leg says nothing of the worker.
  mutating func excuse() {
    isJudged = true
  }
}
