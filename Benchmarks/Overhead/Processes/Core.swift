internal import Glibc

/// Binding processes to one processor core, by the `taskset` of util-linux.
enum Core {
  /// The command that runs `arguments` bound to `core`, as the same process.
  static func command(_ core: Int, _ arguments: [String]) -> [String] {
    precondition(core >= 0, "cores are numbered from 0")
    return ["taskset", "-c", "\(core)"] + arguments
  }

  /// Binds this process (its calling thread, and threads started from then on) to `core`.
  static func bind(to core: Int) throws(BenchmarkError) {
    let command = ["taskset", "-p", "-c", "\(core)", "\(getpid())"]
    let child = try ChildProcess(command, core: nil, isRead: false)
    guard child.wait() == 0 else { throw .noCore(core) }
  }
}
