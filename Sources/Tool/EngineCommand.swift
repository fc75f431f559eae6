internal import ArgumentParser

/// `vllm-router engine`
struct EngineCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "engine", abstract: "x")
}
/// `vllm-router demo`
struct DemoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "demo", abstract: "x")
}
