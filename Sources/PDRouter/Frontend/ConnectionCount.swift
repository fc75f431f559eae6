internal import Synchronization

/// The open client connections of all loops, within a limit; one atomic operation each way.
final class ConnectionCount: Sendable {
  private let limit: Int
  private let open = Atomic<Int>(0)

  /// A count from 0 to `limit`.
  init(limit: Int) {
    precondition(limit > 0)
    self.limit = limit
  }

  /// How many are open.
  var value: Int { open.load(ordering: .relaxed) }

  /// Counts one more in; false when there are as many as there may be.
  func take() -> Bool {
    guard open.wrappingAdd(1, ordering: .relaxed).newValue > limit else { return true }
    open.wrappingSubtract(1, ordering: .relaxed)
    return false
  }

  /// Counts one out.
  func giveBack() {
    let left = open.wrappingSubtract(1, ordering: .relaxed).newValue
    precondition(left >= 0, "a connection is counted out once")
  }
}
