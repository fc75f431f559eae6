internal import Glibc

/// All cases' series as a table for people and as JSON for programs.
struct Report {
  private let options: MeasureOptions
  private var sections: [(name: BenchmarkCase, table: SeriesTable, note: [String])] = []

  /// An empty report.
  init(options: MeasureOptions) {
    self.options = options
  }

  /// Adds a case; `note` has the commands of what was started for it.
  mutating func add(_ name: BenchmarkCase, _ table: SeriesTable, note: [String]) {
    sections.append((name, table, note))
  }

  /// The report for people: median, smallest and largest of the rounds, ratios to ours.
  var text: String {
    var text = "\n" + machine + "\nCommand: " + CommandLine.arguments.joined(separator: " ") + "\n"
    for section in sections {
      text += "\n## \(section.name.rawValue): \(section.name.summary)\n\n"
      for command in section.note { text += "    \(command)\n" }
      text += section.note.isEmpty ? "" : "\n"
      text += "| metric | target | median | min – max | ours / it |\n"
      text += "| --- | --- | ---: | ---: | ---: |\n"
      for metric in Report.metrics(of: section.table) {
        for series in section.table.series where series.metric == metric {
          text += row(series, section.table)
        }
      }
    }
    return text
  }

  /// Writes everything as one JSON object.
  func writeJSON(to path: String) throws(BenchmarkError) {
    var writer = "{\"machine\":\(Report.quoted(machine)),\"command\":"
    writer += Report.quoted(CommandLine.arguments.joined(separator: " ")) + ",\"series\":["
    let rows = sections.flatMap { section in
      section.table.series.map { series in
        "{\"case\":\(Report.quoted(section.name.rawValue)),"
          + "\"target\":\(Report.quoted(series.target)),"
          + "\"metric\":\(Report.quoted(series.metric)),"
          + "\"values\":[\(series.values.map { "\($0)" }.joined(separator: ","))]}"
      }
    }
    writer += rows.joined(separator: ",\n") + "]}\n"
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw .cannotWrite(path) }
    StandardOutput.write(writer, to: descriptor)
    guard close(descriptor) == 0 else { throw .cannotWrite(path) }
  }

  private var machine: String {
    let cores = sysconf(Int32(_SC_NPROCESSORS_ONLN))
    let load = Report.number(ProcessFigures.loadAverage())
    return "Machine: \(ProcessFigures.processorName()), \(cores) cores, "
      + "Linux \(ProcessFigures.kernelRelease()), load \(load)"
  }

  private func row(_ series: Series, _ table: SeriesTable) -> String {
    let smallest = Report.number(series.values.min() ?? 0)
    let largest = Report.number(series.values.max() ?? 0)
    let ratio =
      series.target == "ours" ? nil : table.ratio("ours", to: series.target, series.metric)
    return "| \(series.metric) | \(series.target) | \(Report.number(series.median)) "
      + "| \(smallest) – \(largest) | \(ratio.map { Report.decimal($0, places: 2) } ?? "") |\n"
  }

  /// The names of the metrics, CPU time first: it says most where others use the machine too.
  private static func metrics(of table: SeriesTable) -> [String] {
    var names: [String] = []
    for series in table.series where !names.contains(series.metric) { names.append(series.metric) }
    return names.filter { $0.hasPrefix("CPU") } + names.filter { !$0.hasPrefix("CPU") }
  }
}

// MARK: - Text

extension Report {
  /// Three or four digits that matter.
  static func number(_ value: Double) -> String {
    let size = value.magnitude
    return decimal(
      value, places: size >= 1000 || value == value.rounded() ? 0 : size >= 100 ? 1 : 2)
  }

  /// `value` with so many decimal places.
  static func decimal(_ value: Double, places: Int) -> String {
    guard value.isFinite, value.magnitude < 1e12 else { return "\(value)" }
    var scale = 1
    for _ in 0..<places { scale *= 10 }
    let scaled = Int((value.magnitude * Double(scale)).rounded())
    let sign = value < 0 && scaled > 0 ? "-" : ""
    guard places > 0 else { return "\(sign)\(scaled)" }
    let fraction = String(scaled % scale)
    return "\(sign)\(scaled / scale)."
      + String(repeating: "0", count: places - fraction.count) + fraction
  }

  /// `text` as a JSON string.
  static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case _ where scalar.value < 32: quoted += " "
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}
