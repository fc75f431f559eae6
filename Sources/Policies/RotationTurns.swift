internal import Synchronization
internal import Vocabulary

/// Which worker had the last turn, for each role; shared by the rotations of all loops.
///
/// Each is one atomic: the number of the worker's registration and one, or 0 for nobody yet.
/// Thread-safe without a lock.
final class RotationTurns: Sendable {
  private let prefill = Atomic<UInt64>(0)
  private let decode = Atomic<UInt64>(0)
  private let both = Atomic<UInt64>(0)

  init() {}

  /// Who had the last turn among workers of `role`.
  func last(_ role: Role) -> WorkerID? {
    switch role {
    case .prefill: RotationTurns.worker(prefill.load(ordering: .relaxed))
    case .decode: RotationTurns.worker(decode.load(ordering: .relaxed))
    case .both: RotationTurns.worker(both.load(ordering: .relaxed))
    }
  }

  /// Gives `worker` the turn after `last`; false when somebody else has had one since.
  func pass(_ role: Role, from last: WorkerID?, to worker: WorkerID) -> Bool {
    let (old, new) = (RotationTurns.word(last), RotationTurns.word(worker))
    return switch role {
    case .prefill:
      prefill.compareExchange(expected: old, desired: new, ordering: .relaxed).exchanged
    case .decode:
      decode.compareExchange(expected: old, desired: new, ordering: .relaxed).exchanged
    case .both:
      both.compareExchange(expected: old, desired: new, ordering: .relaxed).exchanged
    }
  }

  private static func word(_ worker: WorkerID?) -> UInt64 {
    worker.map { UInt64($0.number) + 1 } ?? 0
  }

  private static func worker(_ word: UInt64) -> WorkerID? {
    word > 0 ? WorkerID(number: UInt32(truncatingIfNeeded: word - 1)) : nil
  }
}
