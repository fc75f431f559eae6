internal import Vocabulary

/// What one loop writes to another.
enum LoopLetter: Sendable {
  /// A question, its number with the asker, and where the answer goes.
  case question(LoopQuestion, number: Int, from: LoopMailbox)
  /// The answer to the question of that number; nil from a loop that has ended.
  case answer(LoopAnswer?, number: Int)
  /// Something that each loop notes for itself.
  case notice(LoopNotice)
}

/// What one loop may want to know of all others.
enum LoopQuestion: Sendable {
  /// The KV handles that are alive, at most so many of them one by one.
  case handles(limit: Int)
  /// How many KV handles of these prefill workers are alive.
  case handlesOfWorkers([WorkerID])
}

/// What a loop answers.
enum LoopAnswer: Sendable {
  /// To `handles`.
  case handles(HandleInventory)
  /// To `handlesOfWorkers`.
  case count(Int)
}

/// What one loop tells all others.
enum LoopNotice: Sendable {
  /// Workers have come, left, or changed their state.
  case membershipChanged
  /// KV went from one to the other for the first time.
  case pairWarmed(prefill: WorkerID, decode: WorkerID)
  /// A worker's engine was away and may have started anew: it has met nobody.
  case workerReturned(WorkerID)
  /// To the watching loop: a request broke in a way that leaves open whether the engine lives.
  case workerDoubted(WorkerID)
  /// To the watching loop: a worker's breaker has opened or closed.
  case breakerChanged(WorkerID, BreakerChange)
}
