internal import CLibFuzzer
internal import Glibc

/// The program: `Fuzz <target> [options and folders of libFuzzer]`.
///
/// One process fuzzes one target. It ends by itself only when told so (`-max_total_time=60`,
/// `-runs=0`) or at the first fault, whose input it writes to a file. Processes that libFuzzer
/// starts (`-jobs`, `-minimize_crash`) find the target in the environment.
@main
enum Fuzz {
  /// What this process fuzzes; set once, before the first input.
  nonisolated(unsafe) private static var target = FuzzTarget.request

  private static let variable = "VLLM_ROUTER_FUZZ_TARGET"

  static func main() {
    var count = CommandLine.argc
    var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
    if count > 1, let named = FuzzTarget(rawValue: CommandLine.arguments[1]) {
      target = named
      setenv(variable, named.rawValue, 1)
      // libFuzzer gets the command line without the target's name.
      arguments?[1] = arguments?[0]
      arguments? += 1
      count -= 1
    } else if let inherited = getenv(variable).flatMap({ FuzzTarget(rawValue: String(cString: $0)) }
    ) {
      target = inherited
    } else {
      refuse()
    }
    let status = LLVMFuzzerRunDriver(&count, &arguments) { data, size in
      Fuzz.target.run(UnsafeRawBufferPointer(start: data, count: size))
      return 0
    }
    exit(status)
  }

  private static func refuse() -> Never {
    let names = FuzzTarget.allCases.map(\.rawValue).joined(separator: " ")
    let text = "usage: Fuzz <target> [libFuzzer options] [corpus]\ntargets: \(names)\n"
    _ = text.withCString { write(STDERR_FILENO, $0, strlen($0)) }
    exit(2)
  }
}
