internal import ArgumentParser
internal import EventLoop
internal import Logging
internal import PDRouter
internal import Wire

/// `vllm-router`: the router itself, and its sub-commands.
struct RouterCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "vllm-router",
    abstract: "Routes OpenAI-style requests over fleets of LLM engines, prefill and decode apart.",
    discussion: """
      Examples:
        vllm-router --worker-urls http://worker1:8000 http://worker2:8000
        vllm-router --vllm-pd-disaggregation \\
          --prefill http://prefill1:8000 --prefill http://prefill2:8000 \\
          --decode http://decode1:8001 --decode http://decode2:8001
      """,
    version: RouterCommand.versionText,
    subcommands: [EngineCommand.self, DemoCommand.self])

  @OptionGroup var options: RouterOptions

  func run() throws {
    let sink = LogSink.start()
    defer { sink.flush() }
    let level = options.logLevel.loggerLevel
    let logger = Logger(label: "vllm-router") { _ in LineLogHandler(sink: sink, level: level) }
    let router = try Router(configuration: options.routerConfiguration(), logger: logger)
    try router.run()
  }

  private static var versionText: String {
    (["vllm-router 0.1.0"] + EventLoopLibraries.descriptions + WireLibraries.descriptions)
      .joined(separator: "\n")
  }
}
