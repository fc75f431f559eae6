internal import ArgumentParser
internal import Vocabulary

/// `OverheadBenchmark measure`, its default: every case over every target by turns, and one report.
struct MeasureCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "measure",
    abstract: "Measures routers by turns (what the program does by default).")

  @OptionGroup var options: MeasureOptions

  func run() throws {
    if let core = options.loadCore { try Core.bind(to: core) }
    var report = Report(options: options)
    for name in options.cases {
      let fleet = try Fleet(for: name, options: options)
      let measurement = Measurement(of: name, over: fleet.targets, options: options)
      report.add(name, measurement.run(), note: fleet.note)
      fleet.stop()
    }
    StandardOutput.write(report.text)
    if let path = options.json { try report.writeJSON(to: path) }
  }
}
