internal import ArgumentParser

/// `vllm-router demo`
struct DemoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "demo", abstract: "x")
}
