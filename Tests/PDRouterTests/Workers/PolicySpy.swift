import Policies
import Synchronization
import Vocabulary

/// A policy that takes the last candidate and writes down what it is told.
struct PolicySpy: Policy {
  /// What it was told.
  final class Log: Sendable {
    private let lines = Mutex<[String]>([])

    func note(_ line: String) { lines.withLock { $0.append(line) } }

    var all: [String] { lines.withLock { $0 } }
  }

  let log: Log
  var name: PolicyName { .random }
  var learnsRoutes: Bool { true }

  mutating func choose(
    for request: borrowing RequestTraits, among candidates: UnsafeBufferPointer<WorkerSnapshot>,
    using generator: inout SplitMix64
  ) -> Choice? {
    log.note("choose \(candidates.map(\.id))")
    _ = generator.next()
    return Choice(index: candidates.count - 1, reason: .random)
  }

  mutating func noteRouted(_ request: borrowing RequestTraits, to worker: WorkerID) {
    log.note("routed \(worker)")
  }

  mutating func noteMembers(_ members: [PolicyMember]) {
    log.note("members \(members.map(\.id))")
  }
}
