internal import Policies

/// One loop's memory of which of its workers serve which model, a row for each model asked for
/// lately.
///
/// Confined to its loop, and emptied whenever the workers change. Limit: `capacity` rows; a further
/// model takes the place of the oldest. Finding the row of the model that was asked for last costs
/// a comparison.
struct ModelRoster {
  /// Rows at once.
  static let capacity = 64
  /// The row of models that everybody serves, or of no model at all.
  static let everybody = -1

  /// Who serves one model.
  struct Row {
    /// The model.
    let name: UInt64
    /// Whether all workers do that could be chosen.
    let isEverybodys: Bool
    /// Whether nobody does who may serve: all say what they have, and none has this.
    let isNobodys: Bool
    /// Who of the prefill workers does, by place in their group.
    let prefill: [Bool]
    /// The same of the serving ones.
    let serving: [Bool]
  }

  /// The rows, in no order.
  private(set) var rows: [Row] = []
  private var last = 0
  private var oldest = 0

  /// Where the row of that model is; nil when there is none yet.
  mutating func place(of name: UInt64) -> Int? {
    if last < rows.count, rows[last].name == name { return last }
    guard let place = rows.firstIndex(where: { $0.name == name }) else { return nil }
    last = place
    return place
  }

  /// Adds a row.
  ///
  /// - Returns: where it is.
  mutating func add(_ row: Row) -> Int {
    if rows.count < ModelRoster.capacity {
      rows.append(row)
      last = rows.count - 1
    } else {
      rows[oldest] = row
      last = oldest
      oldest = (oldest + 1) % ModelRoster.capacity
    }
    return last
  }

  /// Whether the worker at `place` of the group of `leg` serves the model of `row`.
  @inline(__always)
  func serves(_ row: Int, _ leg: LoopWorkers.Leg, _ place: Int) -> Bool {
    guard row >= 0 else { return true }
    return leg == .prefill ? rows[row].prefill[place] : rows[row].serving[place]
  }

  /// Forgets all rows.
  mutating func removeAll() {
    rows.removeAll(keepingCapacity: true)
    last = 0
    oldest = 0
  }
}
