internal import ArgumentParser
internal import EventLoop
internal import PDRouter
internal import Wire

/// `vllm-router`: routes by default; its sub-commands simulate and show.
struct ProgramCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "vllm-router",
    abstract: "Routes OpenAI-style requests over fleets of LLM engines, prefill and decode apart.",
    discussion: """
      Examples:
        vllm-router --worker-urls http://worker1:8000 http://worker2:8000
        vllm-router --vllm-pd-disaggregation \\
          --prefill http://prefill1:8000 --prefill http://prefill2:8000 \\
          --decode http://decode1:8001 --decode http://decode2:8001
      The router's options: vllm-router route --help
      """,
    version: ProgramCommand.versionText,
    subcommands: [RouterCommand.self, EngineCommand.self, DemoCommand.self],
    defaultSubcommand: RouterCommand.self)

  private static var versionText: String {
    (["vllm-router \(RouterVersion.text)"] + EventLoopLibraries.descriptions
      + WireLibraries.descriptions)
      .joined(separator: "\n")
  }
}
