internal import Vocabulary

/// What one loop writes to another.
enum LoopLetter: Sendable {
  /// A question, its number with the asker, and where the answer goes.
  case question(LoopQuestion, number: Int, from: LoopMailbox)
  /// The answer to the question of that number; nil from a loop that has ended.
  case answer(LoopAnswer?, number: Int)
  /// Something that each loop notes for itself.
  case notice(LoopNotice)
  /// A slot, and a token where there is a rate, for the first that waits with the reader.
  case permit
  /// Somebody may perhaps be let in: the reader is to see to it.
  case roomForOne
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
  /// The same, or their health is another: told to loops with requests that wait for a worker.
  case workersChanged
  /// KV went from one to the other for the first time.
  case pairWarmed(prefill: WorkerID, decode: WorkerID)
  /// A worker's engine was away and may have started anew: it has met nobody.
  case workerReturned(WorkerID)
  /// These workers' engines have emptied their prefix caches.
  case cachesFlushed([WorkerID])
  /// The router runs on with this configuration.
  case reconfigured(RouterConfiguration)
  /// To the watching loop: a request broke in a way that leaves open whether the engine lives.
  case workerDoubted(WorkerID)
  /// To the watching loop: a worker's breaker has opened or closed.
  case breakerChanged(WorkerID, BreakerChange)
}
