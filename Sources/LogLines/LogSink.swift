internal import EventLoop
internal import Glibc
public import Logging
internal import Synchronization
internal import Vocabulary

/// Where log lines are gathered before they are written: one write for many lines.
///
/// Any thread may add a line, which never blocks it: a thread of its own writes what has gathered,
/// about 20 ms after the first line or at once above 64 KiB. Where the destinations are slower
/// than that (a reader of standard output that is stuck), up to `limit` bytes wait, and further
/// lines are dropped and counted.
public final class LogSink: LogLineTarget {
  private struct Queue: ~Copyable {
    var lines = ByteBuffer()
    var isScheduled = false
    var isClosing = false
  }

  private static let writesAtOnce = 64 * 1024
  private static let keptCapacity = 1024 * 1024
  fileprivate static let gatheringTime: Duration = .milliseconds(20)

  /// How records are written.
  public let format: LogFormat
  private let limit: Int
  private let destinations: [any LogDestination]
  private let clock: @Sendable () -> UTCTime
  private let lock = Guarded(())
  /// Guarded by `lock`.
  nonisolated(unsafe) private var queue = Queue()
  private let dropped = Atomic<Int>(0)
  private let waker = Guarded<(any LoopWaker)?>(nil)
  /// A pipe whose writing end is closed when the thread has written everything and ends.
  private let ended: (read: Int32, write: Int32)

  private init(
    _ format: LogFormat, _ destinations: [any LogDestination], limit: Int,
    clock: @escaping @Sendable () -> UTCTime
  ) {
    precondition(limit > 0)
    self.format = format
    self.destinations = destinations
    self.limit = limit
    self.clock = clock
    var ends: (Int32, Int32) = (-1, -1)
    let status = withUnsafeMutableBytes(of: &ends) {
      pipe($0.assumingMemoryBound(to: Int32.self).baseAddress)
    }
    precondition(status == 0, "no descriptors for the log: \(errno)")
    ended = (ends.0, ends.1)
  }

  deinit {
    Glibc.close(ended.read)
  }

  /// A sink with its thread; at most `limit` bytes wait to be written.
  public static func start(
    _ format: LogFormat = .text,
    to destinations: [any LogDestination] = [LogDescriptor.standardOutput],
    limit: Int = 16 << 20, clock: @escaping @Sendable () -> UTCTime = { .now }
  ) -> LogSink {
    let sink = LogSink(format, destinations, limit: limit, clock: clock)
    let thread = LoopThread.start(name: "log") { loop in
      let flusher = LogFlusher(sink: sink, timer: loop.makeTimer())
      loop.handler = flusher
      sink.waker.withLock { $0 = loop.waker }
      // What came before there was a waker.
      flusher.loopDidWake(loop)
      loop.run()
    }
    // Whoever reads the log may hold its writer up for ever.
    thread.detach()
    return sink
  }

  /// Lines that were lost: for want of room, or because a destination refused them.
  public var droppedLines: Int { dropped.load(ordering: .relaxed) }

  /// Adds one record.
  public func write(
    _ level: Logger.Level, _ message: StaticString, _ fields: UnsafeRawBufferPointer
  ) {
    write(
      level,
      UnsafeRawBufferPointer(start: message.utf8Start, count: message.utf8CodeUnitCount), fields)
  }

  /// Adds one record.
  func write(
    _ level: Logger.Level, _ message: UnsafeRawBufferPointer, _ fields: UnsafeRawBufferPointer
  ) {
    let time = clock()
    let wakes = lock.withLock { _ in
      let before = queue.lines.count
      guard before + message.count + fields.count < limit else {
        dropped.wrappingAdd(1, ordering: .relaxed)
        return false
      }
      LogLine.append(level, message, fields, at: time, as: format, to: &queue.lines)
      let isFull = queue.lines.count >= LogSink.writesAtOnce && before < LogSink.writesAtOnce
      defer { queue.isScheduled = true }
      return !queue.isScheduled || isFull
    }
    if wakes { waker.withLock { $0 }?.wake() }
  }

  /// Writes what is left and ends the thread; waits for that no longer than `patience`.
  ///
  /// A program that ends must not be held back by the reader of its log. Nothing is written
  /// afterwards.
  public func close(within patience: Duration = .seconds(2)) {
    lock.withLock { _ in queue.isClosing = true }
    waker.withLock { $0 }?.wake()
    var place = pollfd(fd: ended.read, events: Int16(POLLIN), revents: 0)
    poll(&place, 1, Int32(clamping: patience.wholeNanoseconds / 1_000_000))
  }

  /// What the thread is to do: write now, wait a moment for more, or write and end.
  fileprivate var duty: LogFlusher.Duty {
    lock.withLock { _ in
      if queue.isClosing { return .end }
      guard queue.isScheduled else { return .rest }
      return queue.lines.count >= LogSink.writesAtOnce ? .write : .gather
    }
  }

  /// Writes what has gathered, in the place of what is in `lines`; on the sink's thread.
  fileprivate func writeGathered(through lines: inout ByteBuffer) {
    lines.removeAll(keepingCapacityUpTo: LogSink.keptCapacity)
    lock.withLock { _ in
      swap(&queue.lines, &lines)
      queue.isScheduled = false
    }
    guard !lines.isEmpty else { return }
    for destination in destinations {
      let lost = destination.write(lines.bytes, at: clock())
      if lost > 0 { dropped.wrappingAdd(lost, ordering: .relaxed) }
    }
  }

  fileprivate func noteEnd() {
    Glibc.close(ended.write)
  }
}

/// The sink's thread: writes at once when much has gathered, else waits a moment for more lines.
private final class LogFlusher: LoopHandler, LoopTimerHandler {
  enum Duty {
    case rest, gather, write, end
  }

  private let sink: LogSink
  private let timer: any LoopTimer
  /// What is being written; empty in between.
  private var lines = ByteBuffer()

  init(sink: LogSink, timer: any LoopTimer) {
    self.sink = sink
    self.timer = timer
  }

  func loopDidWake(_ loop: any Loop) {
    switch sink.duty {
    case .rest: break
    case .gather:
      if !timer.isArmed { timer.arm(after: LogSink.gatheringTime, for: self) }
    case .write: sink.writeGathered(through: &lines)
    case .end:
      sink.writeGathered(through: &lines)
      sink.noteEnd()
      timer.cancel()
      loop.stop()
    }
  }

  func loop(_ loop: any Loop, didReceiveSignal number: Int32) {}

  func timerDidFire(_ timer: any LoopTimer) {
    sink.writeGathered(through: &lines)
  }
}
