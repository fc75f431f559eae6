internal import ArgumentParser
internal import LogLines
internal import Logging
internal import PDRouter

/// `vllm-router route`, which is what `vllm-router` does unless told otherwise: the router itself.
struct RouterCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "route",
    abstract: "Routes requests over the workers given (what the program does by default).")

  @OptionGroup var options: RouterOptions

  func run() throws {
    let sink = try options.observability.startLog()
    defer { sink.close() }
    let level = options.observability.logLevel.loggerLevel
    let logger = Logger(label: "vllm-router") { _ in LineLogHandler(sink: sink, level: level) }
    let router = try Router(
      configuration: options.routerConfiguration(), logger: logger, requestLines: sink)
    try router.run()
  }
}
