internal import Vocabulary

/// How many sessions each worker has: a sorted list of the workers that have any.
///
/// Cost: a binary search a change; an insertion when a worker gets its first.
struct SessionCounts {
  private var entries: [(worker: WorkerID, sessions: Int)] = []

  /// Counts a session in.
  mutating func add(_ worker: WorkerID) {
    let place = place(of: worker)
    if place < entries.count, entries[place].worker == worker {
      entries[place].sessions += 1
    } else {
      entries.insert((worker, 1), at: place)
    }
  }

  /// Counts a session out.
  mutating func remove(_ worker: WorkerID) {
    let place = place(of: worker)
    precondition(
      place < entries.count && entries[place].worker == worker, "a session is counted in first")
    entries[place].sessions -= 1
    if entries[place].sessions == 0 { entries.remove(at: place) }
  }

  /// How many `worker` has.
  func sessions(of worker: WorkerID) -> Int {
    let place = place(of: worker)
    return place < entries.count && entries[place].worker == worker ? entries[place].sessions : 0
  }

  /// The places of the candidates for which sessions and `extra` together are fewest, ascending,
  /// and how many that is.
  func fewest(
    among candidates: UnsafeBufferPointer<WorkerSnapshot>, into places: inout [Int],
    adding extra: (_ place: Int) -> Int
  ) -> Int {
    places.removeAll(keepingCapacity: true)
    var fewest = Int.max
    var entry = 0
    for place in candidates.indices {
      let id = candidates[place].id
      while entry < entries.count, entries[entry].worker < id { entry &+= 1 }
      let isCounted = entry < entries.count && entries[entry].worker == id
      let count = (isCounted ? entries[entry].sessions : 0) &+ extra(place)
      guard count <= fewest else { continue }
      if count < fewest { places.removeAll(keepingCapacity: true) }
      fewest = count
      places.append(place)
    }
    return fewest
  }

  private func place(of worker: WorkerID) -> Int {
    var low = 0
    var high = entries.count
    while low < high {
      let middle = low &+ (high &- low) / 2
      if entries[middle].worker < worker { low = middle &+ 1 } else { high = middle }
    }
    return low
  }
}
