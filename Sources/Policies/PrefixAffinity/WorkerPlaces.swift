internal import Vocabulary

/// Small numbers by worker: which place of some array is whose.
///
/// A hash table with linear probing, at most half full, that is built anew when somebody leaves;
/// that is rare. A copy costs nothing until one of the two changes. A look-up costs a few
/// nanoseconds.
struct WorkerPlaces: Sendable {
  private static let empty = UInt32.max

  private var keys: [UInt32] = [UInt32](repeating: empty, count: 16)
  private var values: [UInt16] = [UInt16](repeating: 0, count: 16)
  private(set) var count = 0

  /// The place of `worker`, if it has one.
  func place(of worker: WorkerID) -> Int? {
    let slot = slot(of: worker.number)
    return keys[slot] == worker.number && worker.number != WorkerPlaces.empty
      ? Int(values[slot]) : nil
  }

  /// Gives a worker without one the place `place`.
  mutating func insert(_ worker: WorkerID, at place: Int) {
    precondition(self.place(of: worker) == nil && place >= 0 && place < 1 << 16)
    precondition(worker.number != WorkerPlaces.empty, "the last of the numbers stands for nobody")
    if (count + 1) * 2 > keys.count { rebuild(size: keys.count * 2, without: WorkerPlaces.empty) }
    put(worker.number, UInt16(place))
  }

  /// Takes the place of a worker that has one.
  mutating func remove(_ worker: WorkerID) {
    precondition(place(of: worker) != nil)
    rebuild(size: keys.count, without: worker.number)
  }

  private func slot(of number: UInt32) -> Int {
    let mask = keys.count - 1
    // Fibonacci hashing: whichever numbers are left after many came and went, they lie apart.
    var slot = Int(truncatingIfNeeded: (number &* 0x9E37_79B1) >> 16) & mask
    while keys[slot] != number, keys[slot] != WorkerPlaces.empty { slot = (slot + 1) & mask }
    return slot
  }

  private mutating func put(_ number: UInt32, _ value: UInt16) {
    let slot = slot(of: number)
    keys[slot] = number
    values[slot] = value
    count += 1
  }

  private mutating func rebuild(size: Int, without gone: UInt32) {
    let (oldKeys, oldValues) = (keys, values)
    keys = [UInt32](repeating: WorkerPlaces.empty, count: size)
    values = [UInt16](repeating: 0, count: size)
    count = 0
    for slot in oldKeys.indices where oldKeys[slot] != WorkerPlaces.empty && oldKeys[slot] != gone {
      put(oldKeys[slot], oldValues[slot])
    }
  }
}
