internal import Synchronization

/// What is counted of one worker for its metrics alone; shared by all loops.
final class WorkerTally: Sendable {
  /// Choices that fell on it.
  let decisions = Atomic<Int>(0)
  /// Streams of it that broke after the client had got something.
  let brokenStreams = Atomic<Int>(0)
  /// Decode legs reserved on it that wait for their prefill.
  let pendingDecodes = Atomic<Int>(0)
  /// Connections of all loops to it with and without a leg, as of their last look.
  let busyConnections = Atomic<Int>(0)
  let idleConnections = Atomic<Int>(0)
  /// Its answers.
  let responses = ResponseTally(capacity: 64)

  /// Nothing counted yet.
  init() {}

  /// A choice fell on it.
  func noteDecision() { decisions.wrappingAdd(1, ordering: .relaxed) }

  /// A stream of it broke.
  func noteBrokenStream() { brokenStreams.wrappingAdd(1, ordering: .relaxed) }

  /// A decode leg waits for its prefill.
  func beginPending() { pendingDecodes.wrappingAdd(1, ordering: .relaxed) }

  /// It waits no longer.
  func endPending() {
    let left = pendingDecodes.wrappingSubtract(1, ordering: .relaxed).newValue
    precondition(left >= 0, "a leg waits once")
  }

  /// A loop has so many connections more (or fewer) than at its last look.
  func noteConnections(busy: Int, idle: Int) {
    if busy != 0 { busyConnections.wrappingAdd(busy, ordering: .relaxed) }
    if idle != 0 { idleConnections.wrappingAdd(idle, ordering: .relaxed) }
  }
}
