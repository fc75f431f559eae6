internal import KVTransfer

/// Orders in line, by their handles: first come, first served, but whoever is put back is next.
struct ReleaseLine {
  private var arrived: [KVHandleID] = []
  private var start = 0
  /// The last is the next.
  private var putBack: [KVHandleID] = []

  /// Whether nobody is in line.
  var isEmpty: Bool { putBack.isEmpty && start == arrived.count }

  /// Joins the end.
  mutating func append(_ id: KVHandleID) {
    arrived.append(id)
  }

  /// Puts `ids` before everybody else, in their order.
  mutating func putBack(_ ids: [KVHandleID]) {
    putBack.append(contentsOf: ids.reversed())
  }

  /// Takes the next one out.
  mutating func popFirst() -> KVHandleID? {
    if let id = putBack.popLast() { return id }
    guard start < arrived.count else { return nil }
    let id = arrived[start]
    start += 1
    // Moving pays once at least half of the array is done with.
    if start * 2 >= arrived.count {
      arrived.removeFirst(start)
      start = 0
    }
    return id
  }
}
