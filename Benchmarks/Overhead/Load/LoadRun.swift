internal import Bench
internal import EventLoop
internal import Vocabulary

/// One turn of load on one target, closed loop or at a fixed rate.
///
/// Owns a loop of its own, which is the calling thread's until the turn is over. A connection that
/// breaks is counted and replaced.
final class LoadRun {
  private enum Phase {
    case warmingUp, measuring, over
  }

  private let plan: LoadPlan
  private let loop = LibUVLoop()
  private var phase = Phase.warmingUp
  private var result = LoadResult()
  private var connections: [LoadConnection] = []
  private var idle: [LoadConnection] = []
  private var startedAt: Int64 = 0
  private var measuredFrom: Int64 = 0
  private var cpuAtStart: Int64?
  private var residentAtStart: Int?
  /// Requests of the open loop that found no idle connection.
  private var owed = 0
  private var released = 0
  private let phaseTimer: any LoopTimer

  private init(_ plan: LoadPlan) {
    precondition(plan.connections > 0 && (plan.rate ?? 1) > 0)
    self.plan = plan
    phaseTimer = loop.makeTimer()
  }

  /// Runs one turn to its end.
  static func result(of plan: LoadPlan) -> LoadResult {
    LoadRun(plan).run()
  }

  private func run() -> LoadResult {
    loop.handler = self
    phaseTimer.arm(after: plan.warmUp, for: self)
    for _ in 0..<plan.connections { open() }
    startedAt = MonotonicClock.nanoseconds()
    let pacer = plan.rate.map { [startedAt] rate in
      let step = Int64(1e9 / rate)
      return Pacer(waker: loop.waker) { number in startedAt + Int64(number + 1) * step }
    }
    loop.run()
    pacer?.stop()
    connections.removeAll()
    return result
  }

  private func open() {
    let connection = LoadConnection(observer: self)
    connections.append(connection)
    connection.connect(to: plan.address, on: loop)
  }

  private func noteTime(of connection: LoadConnection) {
    result.latencies.record(MonotonicClock.nanoseconds() - connection.sentAt)
  }

  /// An idle connection's next step.
  private func use(_ connection: LoadConnection) {
    guard phase != .over else { return }
    if plan.rate == nil {
      connection.send(plan.request)
    } else if owed > 0 {
      owed -= 1
      connection.send(plan.request)
    } else {
      idle.append(connection)
    }
  }

  private func startMeasuring() {
    phase = .measuring
    result = LoadResult()
    measuredFrom = MonotonicClock.nanoseconds()
    cpuAtStart = plan.process.flatMap(ProcessFigures.cpuNanoseconds)
    residentAtStart = plan.process.flatMap(ProcessFigures.memory)?.resident
    phaseTimer.arm(after: plan.time, for: self)
  }

  private func finish() {
    phase = .over
    result.nanoseconds = MonotonicClock.nanoseconds() - measuredFrom
    if let process = plan.process, let cpuAtStart,
      let cpuNow = ProcessFigures.cpuNanoseconds(of: process)
    {
      result.cpuNanoseconds = cpuNow - cpuAtStart
    }
    if let residentAtStart, let now = plan.process.flatMap(ProcessFigures.memory) {
      result.growth = now.resident - residentAtStart
    }
    loop.stop()
  }
}

extension LoadRun: LoopTimerHandler {
  func timerDidFire(_ timer: any LoopTimer) {
    switch phase {
    case .warmingUp: startMeasuring()
    case .measuring: finish()
    case .over: break
    }
  }
}

extension LoadRun: LoopHandler {
  /// The pacer's tick: sends what is due by now.
  func loopDidWake(_ loop: any Loop) {
    guard let rate = plan.rate, phase != .over else { return }
    let elapsed = Double(MonotonicClock.nanoseconds() - startedAt) / 1e9
    let due = Int(elapsed * rate)
    while released < due {
      released += 1
      if let connection = idle.popLast() {
        connection.send(plan.request)
      } else {
        owed += 1
        result.late += 1
      }
    }
  }

  func loop(_ loop: any Loop, didReceiveSignal number: Int32) {}
}

extension LoadRun: LoadObserver {
  func connectionIsReady(_ connection: LoadConnection) {
    use(connection)
  }

  func connection(_ connection: LoadConnection, didReceiveEvents count: Int) {
    result.events += count
    if plan.isTimedToFirstEvent, connection.events == count { noteTime(of: connection) }
  }

  func connection(_ connection: LoadConnection, didFinishWith status: Int) {
    if status == 200 {
      result.completed += 1
      if !plan.isTimedToFirstEvent { noteTime(of: connection) }
    } else {
      result.failed += 1
    }
    if connection.isOpen { use(connection) }
  }

  func connectionDidClose(_ connection: LoadConnection, hadRequest: Bool) {
    guard phase != .over else { return }
    if hadRequest { result.failed += 1 }
    connections.removeAll { $0 === connection }
    idle.removeAll { $0 === connection }
    open()
  }
}
