/// The printed table: one row an operation.
enum MicroTable {
  private static let nameWidth = 38
  private static let widths = [12, 12, 9, 8, 10]

  /// What the columns are.
  static let head = line(
    "operation", ["min ns/op", "median", "spread", "GB/s", "allocs/op"])

  /// One operation's figures; GB/s is by the median.
  static func row(_ benchmark: MicroBenchmark, _ figures: MicroBenchmark.Figures) -> String {
    let speed =
      benchmark.bytes > 0 ? decimal(Double(benchmark.bytes) / figures.median, places: 2) : "-"
    return line(
      benchmark.name,
      [
        decimal(figures.minimum, places: 1), decimal(figures.median, places: 1),
        decimal(figures.spread * 100, places: 1) + " %", speed,
        decimal(figures.allocations, places: 2),
      ])
  }

  private static func line(_ name: String, _ cells: [String]) -> String {
    let padding = String(repeating: " ", count: max(0, nameWidth - name.count))
    let columns = zip(cells, widths).map { cell, width in
      String(repeating: " ", count: max(1, width - cell.count)) + cell
    }
    return name + padding + columns.joined() + "\n"
  }

  /// `number` ≥ 0 with so many digits after the point.
  private static func decimal(_ number: Double, places: Int) -> String {
    precondition(number >= 0 && number.isFinite)
    let scale = places == 2 ? 100 : 10
    let scaled = Int((number * Double(scale)).rounded())
    return "\(scaled / scale)." + String(scaled % scale + scale).dropFirst()
  }
}
