import Glibc
import Testing

@testable import LogLines

struct LogFileTests {
  private static let midnight = 20_000 * 86_400_000
  private let evening = UTCTime(milliseconds: midnight - 1)
  private let morning = UTCTime(milliseconds: midnight)

  private func write(_ text: String, to file: some LogDestination, at time: UTCTime) -> Int {
    Array(text.utf8).withUnsafeBytes { file.write($0, at: time) }
  }

  @Test func `each day has its own file, which is appended to`() throws {
    let directory = makeTemporaryDirectory() + "/a/b"
    let file = try LogFile(directory: directory, at: evening)
    #expect(write("one\ntwo\n", to: file, at: evening) == 0)
    #expect(write("three\n", to: file, at: morning) == 0)
    let again = try LogFile(directory: directory, at: morning)
    #expect(write("four\n", to: again, at: morning) == 0)
    #expect(contents(directory + "/vllm-router.2024-10-03") == "one\ntwo\n")
    #expect(contents(directory + "/vllm-router.2024-10-04") == "three\nfour\n")
  }

  @Test func `a directory that cannot be written is a fault`() {
    #expect(throws: LogFile.Fault.self) { try LogFile(directory: "/proc/nowhere", at: evening) }
    #expect {
      try LogFile(directory: "/dev/null", at: evening)
    } throws: {
      "\($0)".hasPrefix("--log-dir: '/dev/null/vllm-router.2024-10-03' cannot be written: ")
    }
  }

  @Test func `where the next day's file cannot be opened the old one goes on`() throws {
    let directory = makeTemporaryDirectory()
    #expect(mkdir(directory + "/vllm-router.2024-10-04", 0o700) == 0)
    let file = try LogFile(directory: directory, at: evening)
    #expect(write("late\n", to: file, at: morning) == 0)
    #expect(contents(directory + "/vllm-router.2024-10-03") == "late\n")
  }

  @Test func `lines that a full disk refuses are counted, and the next ones tried again`() throws {
    let directory = makeTemporaryDirectory()
    #expect(symlink("/dev/full", directory + "/vllm-router.2024-10-03") == 0)
    let file = try LogFile(directory: directory, at: evening)
    #expect(write("one\ntwo\n", to: file, at: evening) == 2)
    #expect(write("three\n", to: file, at: morning) == 0)
    #expect(contents(directory + "/vllm-router.2024-10-04") == "three\n")
  }
}
