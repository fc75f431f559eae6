internal import Vocabulary

/// The workers that already failed one request; kept inline, the last sixteen of them.
struct TriedWorkers {
  private static let capacity = 16
  private var numbers: InlineArray<16, UInt32> = .init(repeating: 0)
  private(set) var count = 0
  private var engines: InlineArray<16, UInt32> = .init(repeating: 0)
  private var engineCount = 0

  /// Whether nobody was tried.
  var isEmpty: Bool { count == 0 }

  /// Notes a failed worker; beyond sixteen the oldest is forgotten.
  mutating func insert(_ id: WorkerID) {
    numbers[count % TriedWorkers.capacity] = id.number
    count += 1
  }

  /// Notes a failed worker whose whole engine has failed: no other rank of it can do better.
  mutating func insertEngine(of worker: Worker) {
    if !contains(worker.id) { insert(worker.id) }
    engines[engineCount % TriedWorkers.capacity] = worker.engineNumber
    engineCount += 1
  }

  /// Whether `worker`, or the engine that it is a rank of, failed this request.
  func contains(_ worker: Worker) -> Bool {
    for place in 0..<min(engineCount, TriedWorkers.capacity)
    where engines[place] == worker.engineNumber {
      return true
    }
    return contains(worker.id)
  }

  /// Whether `id` failed this request.
  func contains(_ id: WorkerID) -> Bool {
    for place in 0..<min(count, TriedWorkers.capacity) where numbers[place] == id.number {
      return true
    }
    return false
  }
}
