internal import Vocabulary

/// The workers that already failed one request, the last sixteen of them.
///
/// Nearly every request has none, and says who it has several times: so it is a word, and memory is
/// taken when the first worker fails.
struct TriedWorkers {
  private static let capacity = 16
  private var list: List?

  /// Those that failed; never changed once a copy may see it.
  private final class List {
    var numbers: [UInt32] = []
    var engines: [UInt32] = []
  }

  /// Whether nobody was tried.
  var isEmpty: Bool { list == nil }

  /// Notes a failed worker; beyond sixteen the oldest is forgotten.
  mutating func insert(_ id: WorkerID) {
    let next = copy()
    TriedWorkers.append(id.number, to: &next.numbers)
    list = next
  }

  /// Notes a failed worker whose whole engine has failed: no other rank of it can do better.
  mutating func insertEngine(of worker: Worker) {
    let next = copy()
    if !next.numbers.contains(worker.id.number) {
      TriedWorkers.append(worker.id.number, to: &next.numbers)
    }
    TriedWorkers.append(worker.engineNumber, to: &next.engines)
    list = next
  }

  /// Whether `worker`, or the engine that it is a rank of, failed this request.
  func contains(_ worker: Worker) -> Bool {
    guard let list else { return false }
    return list.engines.contains(worker.engineNumber) || list.numbers.contains(worker.id.number)
  }

  /// Whether `id` failed this request.
  func contains(_ id: WorkerID) -> Bool { list?.numbers.contains(id.number) ?? false }

  private func copy() -> List {
    let copy = List()
    copy.numbers = list?.numbers ?? []
    copy.engines = list?.engines ?? []
    return copy
  }

  private static func append(_ number: UInt32, to numbers: inout [UInt32]) {
    if numbers.count == capacity { numbers.removeFirst() }
    numbers.append(number)
  }
}
