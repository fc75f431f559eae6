internal import Glibc

/// A process started here; ended by `stop`, or with its owner.
final class ChildProcess {
  /// Its number.
  let id: Int32
  private let output: Int32
  private var isRunning = true

  /// Starts a program, bound to `core` if given; what it writes is thrown away, but for a standard
  /// output that `isRead` here.
  init(_ arguments: [String], core: Int?, isRead: Bool) throws(BenchmarkError) {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw .cannotStart(arguments[0], errno) }
    // What this process starts next must not hold the reading end.
    _ = fcntl(ends[0], F_SETFD, FD_CLOEXEC)
    _ = fcntl(ends[1], F_SETFD, FD_CLOEXEC)
    let arguments = core.map { Core.command($0, arguments) } ?? arguments
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    if isRead {
      posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
    } else {
      posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
    }
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
    defer { posix_spawn_file_actions_destroy(&actions) }
    var pointers = arguments.map { strdup($0) } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    var id: pid_t = 0
    let status = posix_spawnp(&id, arguments[0], &actions, nil, &pointers, environ)
    close(ends[1])
    guard status == 0 else {
      close(ends[0])
      throw .cannotStart(arguments[0], status)
    }
    self.id = id
    output = ends[0]
  }

  deinit {
    stop()
    close(output)
  }

  /// The next line it writes, without its end; nil when it has ended.
  func readLine() -> String? {
    var bytes: [UInt8] = []
    var byte: UInt8 = 0
    while read(output, &byte, 1) == 1 {
      if byte == UInt8(ascii: "\n") { return String(decoding: bytes, as: UTF8.self) }
      bytes.append(byte)
    }
    return nil
  }

  /// Waits until it ends by itself; returns its exit status, or -1 when a signal ended it.
  func wait() -> Int32 {
    precondition(isRunning, "a process ends once")
    isRunning = false
    var status: Int32 = 0
    waitpid(id, &status, 0)
    return status & 0x7F == 0 ? status >> 8 & 0xFF : -1
  }

  /// Ends it (SIGKILL: a benchmark's process has nothing to save) and waits for its end.
  func stop() {
    guard isRunning else { return }
    isRunning = false
    kill(id, SIGKILL)
    var status: Int32 = 0
    waitpid(id, &status, 0)
  }
}
