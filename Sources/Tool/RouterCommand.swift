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
      Other commands: check-config, engine, demo (vllm-router help COMMAND).
      """)

  @OptionGroup var options: RouterOptions

  func run() throws {
    let (options, configuration) = try OptionSource.ofProcess.read()
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
