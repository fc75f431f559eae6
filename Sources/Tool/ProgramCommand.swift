internal import ArgumentParser
internal import EventLoop
internal import PDRouter
internal import Wire

/// `vllm-router`: routes by default; its sub-commands simulate and show.
struct ProgramCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "vllm-router",
    abstract: "Routes OpenAI-style requests over fleets of LLM engines, prefill and decode apart.",
    version: ProgramCommand.versionText,
    subcommands: [
      RouterCommand.self, CheckConfigCommand.self, EngineCommand.self, DemoCommand.self,
      BenchCommand.self,
    ],
    defaultSubcommand: RouterCommand.self)

  private static var versionText: String {
    (["vllm-router \(RouterVersion.text)"] + EventLoopLibraries.descriptions
      + WireLibraries.descriptions)
      .joined(separator: "\n")
  }
}
