internal import Vocabulary

/// Places for the workers of one side of a table, taken when needed and given back.
///
/// Two bytes for every worker number ever seen; a look costs one array read.
struct PairAxis {
  private static let none = UInt16.max

  private let limit: Int
  private var places: [UInt16] = []
  private var free: [UInt16] = []
  private var used = 0

  /// An axis with `limit` places.
  init(limit: Int) {
    precondition(limit > 0 && limit < Int(PairAxis.none))
    self.limit = limit
  }

  /// The place of `worker`, if it has one.
  func place(of worker: WorkerID) -> Int? {
    let number = Int(worker.number)
    guard number < places.count, places[number] != PairAxis.none else { return nil }
    return Int(places[number])
  }

  /// Whether `worker` has no place and would get none.
  func isBeyondLimit(_ worker: WorkerID) -> Bool {
    used == limit && free.isEmpty && place(of: worker) == nil
  }

  /// The place of `worker`, a new one if need be; nil when all are taken.
  mutating func take(_ worker: WorkerID) -> Int? {
    if let place = place(of: worker) { return place }
    let place: UInt16
    if let freed = free.popLast() {
      place = freed
    } else if used < limit {
      place = UInt16(used)
      used += 1
    } else {
      return nil
    }
    let number = Int(worker.number)
    while places.count <= number { places.append(PairAxis.none) }
    places[number] = place
    return Int(place)
  }

  /// Gives the place of `worker` back.
  ///
  /// - Returns: the place it had.
  mutating func release(_ worker: WorkerID) -> Int? {
    guard let place = place(of: worker) else { return nil }
    places[Int(worker.number)] = PairAxis.none
    free.append(UInt16(place))
    return place
  }
}
