internal import ArgumentParser

/// `OverheadBenchmark`: measures by default; its other command answers requests.
struct OverheadCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "OverheadBenchmark",
    abstract: "What a router costs: CPU, latency and memory, against no router and other proxies.",
    subcommands: [MeasureCommand.self, BackendCommand.self],
    defaultSubcommand: MeasureCommand.self)
}

/// Parses the command line and runs what it asks for; ends the process.
func runBenchmark() {
  OverheadCommand.main()
}
