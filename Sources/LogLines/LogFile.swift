internal import Glibc
internal import Vocabulary

/// A log file a day, `vllm-router.YYYY-MM-DD` (UTC) in one directory, appended to.
///
/// Changes to the next day's file with the first lines that are written after midnight. Where that
/// cannot be opened the old one goes on; what cannot be written at all is counted as lost. Used by
/// the sink's thread.
public final class LogFile: LogDestination {
  /// Why the log cannot be written to a directory.
  public struct Fault: Error, Equatable, CustomStringConvertible {
    /// One sentence for the operator.
    public let description: String
  }

  private struct State {
    var descriptor: Int32
    var day: Int
    /// Whether the last line in the file lacks its end.
    var isMidLine = false
  }

  private let directory: String
  private let state: Guarded<State>

  /// Opens the file of the day of `time` in `directory`, which is made if it is not there.
  ///
  /// - Throws: `Fault` when the directory or the file cannot be made or written.
  public init(directory: String, at time: UTCTime) throws(Fault) {
    self.directory = directory
    LogFile.makeDirectory(directory)
    let path = LogFile.path(in: directory, at: time)
    let descriptor = LogFile.open(path)
    guard descriptor >= 0 else {
      throw Fault(
        description: "--log-dir: '\(path)' cannot be written: \(String(cString: strerror(errno)))")
    }
    state = Guarded(State(descriptor: descriptor, day: time.day))
  }

  deinit {
    state.withLock { _ = close($0.descriptor) }
  }

  /// Writes the lines to the file of the day.
  public func write(_ lines: UnsafeRawBufferPointer, at time: UTCTime) -> Int {
    state.withLock { state in
      if time.day != state.day { turn(&state, to: time) }
      if state.isMidLine {
        let rest = withUnsafeBytes(of: UInt8(ascii: "\n")) {
          DescriptorWriting.write($0, to: state.descriptor).count
        }
        guard rest == 0 else { return LineCount.lines(in: lines) }
        state.isMidLine = false
      }
      let rest = DescriptorWriting.write(lines, to: state.descriptor)
      if !rest.isEmpty, rest.count < lines.count {
        state.isMidLine = lines[lines.count - rest.count - 1] != UInt8(ascii: "\n")
      }
      return LineCount.lines(in: rest)
    }
  }

  private func turn(_ state: inout State, to time: UTCTime) {
    let descriptor = LogFile.open(LogFile.path(in: directory, at: time))
    guard descriptor >= 0 else { return }
    close(state.descriptor)
    state = State(descriptor: descriptor, day: time.day)
  }

  /// The file of the day of `time`.
  static func path(in directory: String, at time: UTCTime) -> String {
    var date = ByteBuffer(capacity: 16)
    time.appendDate(to: &date)
    return "\(directory)/vllm-router.\(String(decoding: date.bytes, as: UTF8.self))"
  }

  private static func open(_ path: String) -> Int32 {
    Glibc.open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o640)
  }

  /// Makes the directory and those above it; whether that worked shows when the file is opened.
  private static func makeDirectory(_ path: String) {
    var end = path.startIndex
    while let slash = path[end...].dropFirst().firstIndex(of: "/") {
      mkdir(String(path[..<slash]), 0o750)
      end = slash
    }
    mkdir(path, 0o750)
  }
}
