internal import ArgumentParser
internal import Glibc
internal import LogLines
internal import PDRouter

/// Parses the command line and runs what it asks for.
///
/// Exit codes: 0 done, 1 the configuration or start failed, 2 the command line is wrong (the
/// baseline's codes); `bench` has one more.
func runProgram() {
  let words = Array(CommandLine.arguments.dropFirst())
  if words == ["--help"] || words == ["-h"] {
    // Whoever asks the program for help means its main job.
    writeLine(ProgramCommand.helpMessage(for: RouterCommand.self), to: STDOUT_FILENO)
    return
  }
  do {
    // A flag that is refused is unknown to the parser: it is named before anything is parsed.
    let faults = words.compactMap(RefusedFlag.refusal)
    guard faults.isEmpty else { throw ConfigurationFaults(sentences: faults) }
    if try RouterCommand.runDirectly(words) { return }
    var command = try ProgramCommand.parseAsRoot(ListArguments.completed(words))
    try command.run()
  } catch let faults as ConfigurationFaults {
    fail("Configuration validation failed:\n\(faults)", code: 1)
  } catch let fault as LogFile.Fault {
    fail("\(fault)", code: 1)
  } catch let failure as RouterFailure {
    fail("\(failure)", code: 1)
  } catch {
    let message = ProgramCommand.fullMessage(for: error)
    guard ProgramCommand.exitCode(for: error) != .success else {
      writeLine(message, to: STDOUT_FILENO)
      exit(0)
    }
    fail(message, code: ProgramCommand.exitCode(for: error) == .validationFailure ? 2 : 1)
  }
}

/// Writes `text` and a line end to a descriptor.
func writeLine(_ text: String, to descriptor: Int32) {
  writeText(text + "\n", to: descriptor)
}

/// Writes `text` to a descriptor, whatever it takes.
func writeText(_ text: String, to descriptor: Int32) {
  var rest = Array(text.utf8)[...]
  while !rest.isEmpty {
    let written = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    guard written > 0 else { return }
    rest = rest.dropFirst(written)
  }
}

private func fail(_ message: String, code: Int32) -> Never {
  writeLine(message, to: STDERR_FILENO)
  exit(code)
}
