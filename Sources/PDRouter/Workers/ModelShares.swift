/// How much of the traffic asks for which model or adapter, roughly and lately.
///
/// A model that keeps several workers busy gains nothing by staying on one; an adapter that is
/// asked for now and then does, where it need not be loaded again. Pure; 256 counters by hash, so
/// that two models that meet in one count as one more popular. All are halved every `period`
/// requests. A look costs an array access.
struct ModelShares {
  private static let period = 1024

  private var counts = [UInt16](repeating: 0, count: 256)
  private var total = 0

  /// A request asks for the model of that hash.
  mutating func note(_ model: UInt64) {
    counts[Int(truncatingIfNeeded: model & 255)] += 1
    total += 1
    guard total == ModelShares.period else { return }
    total = 0
    for place in counts.indices {
      counts[place] /= 2
      total += Int(counts[place])
    }
    precondition(total < ModelShares.period, "halves are less than the whole")
  }

  /// Whether the model is asked for less often than would keep one of `workers` workers busy.
  func isRare(_ model: UInt64, among workers: Int) -> Bool {
    Int(counts[Int(truncatingIfNeeded: model & 255)]) * workers < total
  }
}
