internal import Vocabulary

/// The workers that already failed one request; kept inline, as many as a request has attempts.
struct TriedWorkers {
  private var numbers: InlineArray<8, UInt32> = .init(repeating: 0)
  private(set) var count = 0
  private var engines: InlineArray<8, UInt32> = .init(repeating: 0)
  private var engineCount = 0

  /// Whether nobody was tried.
  var isEmpty: Bool { count == 0 }

  /// Notes a failed worker; beyond eight the oldest is forgotten.
  mutating func insert(_ id: WorkerID) {
    numbers[count % 8] = id.number
    count += 1
  }

  /// Notes a failed worker whose whole engine has failed: no other rank of it can do better.
  mutating func insertEngine(of worker: Worker) {
    if !contains(worker.id) { insert(worker.id) }
    engines[engineCount % 8] = worker.engineNumber
    engineCount += 1
  }

  /// Whether `worker`, or the engine that it is a rank of, failed this request.
  func contains(_ worker: Worker) -> Bool {
    for place in 0..<min(engineCount, 8) where engines[place] == worker.engineNumber {
      return true
    }
    return contains(worker.id)
  }

  /// Whether `id` failed this request.
  func contains(_ id: WorkerID) -> Bool {
    for place in 0..<min(count, 8) where numbers[place] == id.number { return true }
    return false
  }
}
