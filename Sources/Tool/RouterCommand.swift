internal import ArgumentParser
internal import LogLines
internal import Logging
internal import PDRouter

/// `vllm-router route`, which is what `vllm-router` does unless told otherwise: the router itself.
struct RouterCommand: ParsableCommand {
  static let name = "route"

  static let configuration = CommandConfiguration(
    commandName: name,
    abstract: "Routes requests over the workers given (what the program does by default).",
    discussion: """
      Examples:
        vllm-router --worker-urls http://worker1:8000 http://worker2:8000
        vllm-router --vllm-pd-disaggregation \\
          --prefill http://prefill1:8000 --prefill http://prefill2:8000 \\
          --decode http://decode1:8001 --decode http://decode2:8001
        vllm-router --config router.yaml
      Other commands: check-config, engine, demo, bench (vllm-router help COMMAND).
      """)

  @OptionGroup var options: RouterOptions

  func run() throws {
    let (options, configuration) = try OptionSource.ofProcess.read()
    try RouterCommand.route(options, configuration)
  }

  /// Routes if the process's command line, `words`, asks for that and for nothing else, and nothing
  /// is wrong with it; false when the tree of commands has to look at it.
  ///
  /// The tree makes every command's options anew at each of its steps, most of what a start costs
  /// (docs/benchmarks.md); here they are parsed once.
  static func runDirectly(_ words: [String]) throws -> Bool {
    let first = words.first ?? name
    guard first == name || first.hasPrefix("-"), let read = try? OptionSource.ofProcess.read()
    else { return false }
    try route(read.options, read.configuration)
    return true
  }

  private static func route(
    _ options: RouterOptions, _ configuration: RouterConfiguration
  ) throws {
    let sink = try options.observability.startLog()
    defer { sink.close() }
    let level = options.observability.logLevel.loggerLevel
    let logger = Logger(label: "vllm-router") { _ in LineLogHandler(sink: sink, level: level) }
    let router = try Router(
      configuration: configuration, logger: logger, requestLines: sink,
      source: { try OptionSource.ofProcess.read().configuration })
    try router.run()
  }
}
