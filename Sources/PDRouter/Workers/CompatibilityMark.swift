/// What is known of whether a worker can be paired: its key and its engine's version, as numbers.
///
/// Two workers with different keys, or with no key and different versions, read each other's KV
/// cache wrongly or crash (block size, layout, tensor-parallel size), so they are never paired.
/// What is not known forbids nothing.
struct CompatibilityMark: Hashable {
  /// Stands for what is not known.
  static let unknown = 0

  /// Number of the operator's key.
  let key: Int
  /// Number of the version text.
  let version: Int

  /// Whether the two may be paired.
  func fits(_ other: CompatibilityMark) -> Bool {
    if key != CompatibilityMark.unknown || other.key != CompatibilityMark.unknown {
      return CompatibilityMark.agree(key, other.key)
    }
    return CompatibilityMark.agree(version, other.version)
  }

  private static func agree(_ left: Int, _ right: Int) -> Bool {
    left == right || left == unknown || right == unknown
  }
}

/// Gives equal texts equal numbers.
struct MarkNumbers {
  private var numbers: [String: Int] = [:]

  /// The mark of `worker` as it is known now.
  mutating func mark(of worker: Worker) -> CompatibilityMark {
    CompatibilityMark(key: number(of: worker.details.key), version: number(of: worker.version))
  }

  private mutating func number(of text: String?) -> Int {
    guard let text else { return CompatibilityMark.unknown }
    if let number = numbers[text] { return number }
    numbers[text] = numbers.count + 1
    return numbers.count
  }
}
