/// Failures by kind, with the first texts of each.
package struct FailureBook: Sendable {
  /// Failures of one kind.
  package struct Entry: Sendable {
    /// What they have in common.
    package let kind: String
    /// How many there were.
    package var count: Int
    /// What the first different ones said, `texts` at most.
    package var details: [String]
  }

  /// Texts that are kept of one kind.
  static let texts = 3
  /// Kinds that are told apart; what comes later counts as the last one.
  private static let kinds = 32

  /// In the order of their first failures.
  package private(set) var entries: [Entry] = []

  /// Counts one.
  mutating func record(_ failure: RequestFailure) {
    var place = entries.firstIndex { $0.kind == failure.kind }
    if place == nil, entries.count == FailureBook.kinds { place = entries.count - 1 }
    guard let place else {
      let details = failure.detail.isEmpty ? [] : [failure.detail]
      return entries.append(Entry(kind: failure.kind, count: 1, details: details))
    }
    entries[place].count += 1
    guard entries[place].details.count < FailureBook.texts, !failure.detail.isEmpty,
      !entries[place].details.contains(failure.detail)
    else { return }
    entries[place].details.append(failure.detail)
  }

  /// Failures in all.
  package var count: Int { entries.reduce(0) { $0 + $1.count } }

  /// A line for each kind and text.
  package var lines: [String] {
    entries.flatMap { entry in
      ["\(entry.count) × \(entry.kind)"] + entry.details.map { "    \($0)" }
    }
  }
}
