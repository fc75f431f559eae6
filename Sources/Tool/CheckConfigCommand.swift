internal import ArgumentParser
internal import Glibc
internal import PDRouter
internal import Vocabulary

/// `vllm-router check-config`: says whether the router would start with these options, or why not.
struct CheckConfigCommand: ParsableCommand {
  static let name = "check-config"

  static let configuration = CommandConfiguration(
    commandName: name,
    abstract: "Checks options and the settings file they name, and starts nothing.",
    discussion: "Takes the options of the router itself; exit code 0 when they are right, else 1.")

  @OptionGroup var options: RouterOptions

  func run() throws {
    let (_, configuration) = try OptionSource.ofProcess.read()
    try configuration.validate()
    for warning in configuration.tls.warnings {
      writeLine("Warning: \(warning)", to: STDERR_FILENO)
    }
    let workers = configuration.workers
    let pools =
      configuration.isDisaggregated
      ? "\(workers.count { $0.role == .prefill }) prefill, "
        + "\(workers.count { $0.role == .decode }) decode"
      : "\(workers.count) in a single pool"
    writeLine("The configuration is valid; workers: \(pools).", to: STDOUT_FILENO)
  }
}
