internal import Synchronization

/// Whether a worker takes new requests, as an operator says; its health is another matter.
enum WorkerState: UInt8, Sendable, AtomicRepresentable {
  /// It takes new requests.
  case active
  /// It finishes what it has and takes nothing new.
  case draining
  /// It was removed and will never be chosen again.
  case gone

  /// The state as it is written in answers.
  var name: StaticString {
    switch self {
    case .active: "active"
    case .draining: "draining"
    case .gone: "gone"
    }
  }
}
