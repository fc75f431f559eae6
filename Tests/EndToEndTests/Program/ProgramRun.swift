import Dispatch
import Glibc
import Synchronization
import Vocabulary

/// The program itself, run as a process of its own beside the tests' executable.
final class ProgramRun: Sendable {
  /// The process's number.
  let process: pid_t
  private let output: Int32
  private let text = Mutex("")
  private let changes = DispatchSemaphore(value: 0)
  private let ended = DispatchSemaphore(value: 0)
  private let status = Mutex<Int32?>(nil)

  /// Starts the program with `arguments`, perhaps with few descriptors; nil when it cannot be
  /// started.
  init?(_ arguments: [String], environment: [String] = [], descriptorLimit: Int? = nil) {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { return nil }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    defer { _ = close(ends[1]) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
    posix_spawn_file_actions_adddup2(&actions, ends[1], 2)
    let limited = descriptorLimit.map {
      ["/bin/sh", "-c", "ulimit -n \($0); exec \"$0\" \"$@\""]
    }
    let line = (limited ?? []) + [ProgramRun.path] + arguments
    let words = line.map { strdup($0) }
    let variables = environment.map { strdup($0) }
    defer { for word in words + variables { free(word) } }
    // A thread of the tests may have blocked signals that the program waits for.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    var process: pid_t = 0
    let outcome = posix_spawn(
      &process, line[0], &actions, &attributes, words + [nil], variables + [nil])
    guard outcome == 0 else {
      _ = close(ends[0])
      return nil
    }
    self.process = process
    output = ends[0]
    DispatchQueue.global().async { [self] in readOutput() }
  }

  /// Next to the executable of the tests, where the package manager puts it.
  private static var path: String {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
    let own = String(
      decoding: buffer[..<max(0, count)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let folder = own.lastIndex(of: "/").map { own[...$0] } ?? "./"
    return folder + "vllm-router"
  }

  /// What it has written so far.
  var written: String { text.withLock { $0 } }

  /// Waits until it has written something new; false when it does not within ten seconds.
  func waitForMore() -> Bool {
    changes.wait(timeout: .now() + 10) == .success
  }

  /// Waits for a line that says `message`, and gives the port at the end of its address; nil when
  /// none comes within ten seconds.
  func port(of message: String) -> UInt16? {
    while true {
      for line in written.split(separator: "\n") where line.contains(" \(message) ") {
        if let port = line.split(separator: ":").last.flatMap({ UInt16($0) }) { return port }
      }
      guard waitForMore() else { return nil }
    }
  }

  /// Sends it a signal.
  func signal(_ number: Int32) {
    kill(process, number)
  }

  /// Waits for its end; gives its exit code, or nil when a signal ended it or it goes on after
  /// thirty seconds (it is killed then).
  func exitCode() -> Int32? {
    guard ended.wait(timeout: .now() + 30) == .success else {
      kill(process, SIGKILL)
      return nil
    }
    return status.withLock { $0 }
  }

  private func readOutput() {
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = read(output, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { break }
      text.withLock { $0 += String(decoding: buffer[..<count], as: UTF8.self) }
      changes.signal()
    }
    _ = close(output)
    var state: Int32 = 0
    while waitpid(process, &state, 0) < 0, errno == EINTR {}
    // wait(2): the low seven bits are the signal, the next byte is the code.
    status.withLock { $0 = state & 0x7F == 0 ? (state >> 8) & 0xFF : nil }
    changes.signal()
    ended.signal()
  }
}
