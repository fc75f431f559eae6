/// Where a worker is, as its label `topology` says: a number for each text.
///
/// Two workers lie apart when both say where they are and say it differently; what is not said
/// keeps nobody apart.
struct WorkerSite: Equatable {
  /// The label that says it.
  static let label = "topology"
  /// Of a worker that says nothing.
  static let unknown = WorkerSite(number: 0)

  /// Number of the text; 0: nothing is said.
  fileprivate let number: Int

  /// Whether KV takes a longer way between the two.
  @inline(__always)
  func isFar(from other: WorkerSite) -> Bool {
    number != other.number && number != 0 && other.number != 0
  }
}

/// Gives equal labels equal numbers.
struct SiteNumbers {
  private var numbers: [String: Int] = [:]

  /// How many places there are.
  var count: Int { numbers.count }

  /// Where `worker` is.
  mutating func site(of worker: Worker) -> WorkerSite {
    guard let text = worker.details.labels[WorkerSite.label], !text.isEmpty else {
      return .unknown
    }
    if let number = numbers[text] { return WorkerSite(number: number) }
    numbers[text] = numbers.count + 1
    return WorkerSite(number: numbers.count)
  }
}
