internal import CLibFuzzer
internal import Glibc

/// The program: `Fuzz <target> [options and folders of libFuzzer]`.
///
/// One process fuzzes one target. It ends by itself only when told so (`-max_total_time=60`,
/// `-runs=0`) or at the first fault, whose input it writes to a file.
@main
enum Fuzz {
  /// What this process fuzzes; set once, before the first input.
  nonisolated(unsafe) private static var target = FuzzTarget.request

  static func main() {
    guard CommandLine.argc > 1, let chosen = FuzzTarget(rawValue: CommandLine.arguments[1]) else {
      let names = FuzzTarget.allCases.map(\.rawValue).joined(separator: " ")
      let text = "usage: Fuzz <target> [libFuzzer options] [corpus]\ntargets: \(names)\n"
      _ = text.withCString { write(STDERR_FILENO, $0, strlen($0)) }
      exit(2)
    }
    target = chosen
    // libFuzzer gets the command line without the target's name.
    let all = CommandLine.unsafeArgv
    all[1] = all[0]
    var count = CommandLine.argc - 1
    var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = all + 1
    let status = LLVMFuzzerRunDriver(&count, &arguments) { data, size in
      Fuzz.target.run(UnsafeRawBufferPointer(start: data, count: size))
      return 0
    }
    exit(status)
  }
}
