internal import Synchronization

/// What everybody may see of a worker's breaker without its lock.
enum BreakerStanding: UInt8, Sendable, AtomicRepresentable {
  /// Admitting, with nothing against it.
  case clean
  /// Admitting, with failures since the last success.
  case marked
  /// Passed over.
  case ejected
  /// Being tried, and one more request may.
  case probing
  /// Being tried by as many requests as may.
  case full

  /// What a machine shows.
  init(_ machine: BreakerStateMachine) {
    switch machine.state {
    case .admitting: self = machine.isClean ? .clean : .marked
    case .ejected: self = .ejected
    case .probing: self = machine.hasRoom ? .probing : .full
    }
  }
}
