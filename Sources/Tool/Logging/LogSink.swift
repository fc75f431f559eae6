internal import EventLoop
internal import Glibc
internal import Synchronization

/// Where log lines are gathered before they go to standard output: one write for many lines.
///
/// Any thread may append; a thread of its own writes what has gathered about 20 ms after the first
/// line, or at once above 64 KiB. A reader that is slow makes it wait, never the loops above that.
final class LogSink: Sendable {
  private struct State {
    var lines: [UInt8] = []
    var isScheduled = false
  }

  private static let writesAtOnce = 64 * 1024

  private let state = Mutex(State())
  private let output = Mutex(())
  private let waker = Mutex<(any LoopWaker)?>(nil)

  /// A sink with its thread.
  static func start() -> LogSink {
    let sink = LogSink()
    _ = LoopThread.start(name: "log") { loop in
      let flusher = Flusher(sink: sink, timer: loop.makeTimer())
      loop.handler = flusher
      sink.waker.withLock { $0 = loop.waker }
      loop.run()
    }
    return sink
  }

  /// Adds one line (its line end included).
  func append(_ line: UnsafeRawBufferPointer) {
    let (isLarge, isFirst) = state.withLock { state in
      state.lines.append(contentsOf: line)
      let isFirst = !state.isScheduled
      state.isScheduled = true
      return (state.lines.count > LogSink.writesAtOnce, isFirst)
    }
    if isLarge {
      flush()
    } else if isFirst {
      waker.withLock { $0 }?.wake()
    }
  }

  /// Writes what has gathered.
  func flush() {
    output.withLock { _ in
      let lines = state.withLock { state in
        let lines = state.lines
        state.lines = []
        state.isScheduled = false
        return lines
      }
      LogSink.write(lines)
    }
  }

  private static func write(_ lines: [UInt8]) {
    var rest = lines[...]
    while !rest.isEmpty {
      let written = rest.withUnsafeBytes { Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
      if written < 0, errno == EINTR || errno == EAGAIN { continue }
      guard written > 0 else { return }
      rest = rest.dropFirst(written)
    }
  }

  /// Waits a moment for more lines before it writes.
  private final class Flusher: LoopHandler, LoopTimerHandler {
    private let sink: LogSink
    private let timer: any LoopTimer

    init(sink: LogSink, timer: any LoopTimer) {
      self.sink = sink
      self.timer = timer
      timer.arm(after: .milliseconds(20), for: self)
    }

    func loopDidWake(_ loop: any Loop) {
      if !timer.isArmed { timer.arm(after: .milliseconds(20), for: self) }
    }

    func loop(_ loop: any Loop, didReceiveSignal number: Int32) {}

    func timerDidFire(_ timer: any LoopTimer) {
      sink.flush()
    }
  }
}
