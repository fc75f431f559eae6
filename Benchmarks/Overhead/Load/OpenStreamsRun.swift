internal import EventLoop
internal import Vocabulary

/// Opens many streams, one a connection, until all are open at once, and follows each to its end.
///
/// Connections are opened a batch every few milliseconds. Owns a loop of its own, which is the
/// calling thread's until every stream has ended or time is up.
final class OpenStreamsRun {
  /// Opened in one go; then the others get their turn.
  private static let batch = 100

  private let plan: LoadPlan
  private let loop = LibUVLoop()
  private var connections: [LoadConnection] = []
  private var result = OpenStreamsResult()
  private var opened = 0
  private var streaming = 0
  private var ended = 0
  private var isOver = false
  private let openTimer: any LoopTimer
  private let deadline: any LoopTimer
  private let eventsWanted: Int

  private init(_ plan: LoadPlan, eventsWanted: Int) {
    self.plan = plan
    self.eventsWanted = eventsWanted
    openTimer = loop.makeTimer()
    deadline = loop.makeTimer()
  }

  /// Opens `plan.connections` streams, each of which is to bring `eventsWanted` events and the
  /// closing one; gives up after `plan.time`.
  static func result(of plan: LoadPlan, eventsWanted: Int) -> OpenStreamsResult {
    OpenStreamsRun(plan, eventsWanted: eventsWanted).run()
  }

  private func run() -> OpenStreamsResult {
    result.before = plan.process.flatMap(ProcessFigures.memory)
    let cpu = plan.process.flatMap(ProcessFigures.cpuNanoseconds)
    deadline.arm(after: plan.time, for: self)
    openTimer.arm(after: .milliseconds(5), for: self)
    loop.run()
    result.after = plan.process.flatMap(ProcessFigures.memory)
    if let cpu, let now = plan.process.flatMap(ProcessFigures.cpuNanoseconds) {
      result.cpuNanoseconds = now - cpu
    }
    connections.removeAll()
    return result
  }

  private func noteEnd() {
    ended += 1
    guard ended == plan.connections else { return }
    isOver = true
    loop.stop()
  }
}

extension OpenStreamsRun: LoopTimerHandler {
  func timerDidFire(_ timer: any LoopTimer) {
    guard timer === openTimer else {
      isOver = true
      loop.stop()
      return
    }
    for _ in 0..<min(OpenStreamsRun.batch, plan.connections - opened) {
      opened += 1
      let connection = LoadConnection(observer: self)
      connections.append(connection)
      connection.connect(to: plan.address, on: loop)
    }
    if opened < plan.connections { openTimer.arm(after: .milliseconds(5), for: self) }
  }
}

extension OpenStreamsRun: LoadObserver {
  func connectionIsReady(_ connection: LoadConnection) {
    connection.send(plan.request)
  }

  func connection(_ connection: LoadConnection, didReceiveEvents count: Int) {
    result.events += count
    guard connection.events == count else { return }
    streaming += 1
    result.peak = max(result.peak, streaming - ended)
    if streaming - ended == plan.connections {
      result.whileOpen = plan.process.flatMap(ProcessFigures.memory)
    }
  }

  func connection(_ connection: LoadConnection, didFinishWith status: Int) {
    guard !isOver else { return }
    let isWhole = status == 200 && connection.events == eventsWanted + 1
    if isWhole { result.completed += 1 } else { result.failed += 1 }
    noteEnd()
  }

  func connectionDidClose(_ connection: LoadConnection, hadRequest: Bool) {
    guard !isOver, hadRequest || connection.sentAt == 0 else { return }
    result.failed += 1
    noteEnd()
  }
}
