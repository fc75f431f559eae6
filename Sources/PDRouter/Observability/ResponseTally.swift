internal import Synchronization

/// Answers counted by kind: a small table that any thread writes and reads without a lock.
///
/// Takes a place for each kind that occurs, for good; kinds beyond `capacity` are counted together,
/// so that the number of series is bounded whatever clients ask. Counting costs a multiplication, a
/// look-up and an atomic addition. 12 bytes a place.
final class ResponseTally: Sendable {
  /// How many kinds are told apart; a power of two.
  let capacity: Int
  nonisolated(unsafe) private let keys: UnsafeMutablePointer<Atomic<UInt32>>
  nonisolated(unsafe) private let counts: UnsafeMutablePointer<Atomic<Int>>
  private let rest = Atomic<Int>(0)

  /// Nothing counted yet.
  init(capacity: Int) {
    precondition(capacity > 0 && capacity & (capacity - 1) == 0, "a power of two")
    self.capacity = capacity
    keys = .allocate(capacity: capacity)
    counts = .allocate(capacity: capacity)
    for place in 0..<capacity {
      (keys + place).initialize(to: Atomic(0))
      (counts + place).initialize(to: Atomic(0))
    }
  }

  deinit {
    keys.deinitialize(count: capacity)
    counts.deinitialize(count: capacity)
    keys.deallocate()
    counts.deallocate()
  }

  /// Counts one answer.
  func count(_ kind: ResponseKind) {
    let key = kind.key
    var place = Int((key &* 0x9E37_79B1) >> 16) & (capacity - 1)
    for _ in 0..<capacity {
      let found = keys[place].load(ordering: .relaxed)
      if found == key || found == 0 && take(place, for: key) {
        counts[place].wrappingAdd(1, ordering: .relaxed)
        return
      }
      place = (place + 1) & (capacity - 1)
    }
    rest.wrappingAdd(1, ordering: .relaxed)
  }

  /// Answers of kinds that had no place any more.
  var beyondCapacity: Int { rest.load(ordering: .relaxed) }

  /// Tells each kind that has occurred, and how often, in no order.
  func forEach(_ body: (ResponseKind, Int) -> Void) {
    for place in 0..<capacity {
      let key = keys[place].load(ordering: .relaxed)
      if key != 0 { body(ResponseKind(key: key), counts[place].load(ordering: .relaxed)) }
    }
  }

  /// Takes a free place; false when another thread was faster with another kind.
  private func take(_ place: Int, for key: UInt32) -> Bool {
    let (isTaken, found) = keys[place].compareExchange(
      expected: 0, desired: key, ordering: .relaxed)
    return isTaken || found == key
  }
}
