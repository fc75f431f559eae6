package import EventLoop
internal import PDRouter
internal import Vocabulary
internal import Wire

/// A run of load on one server, from looking whether it is there to the last answer.
///
/// Owns a loop of its own, which is the calling thread's until the run is over, its connections,
/// and, in an open loop, a thread that wakes it when requests are due. SIGINT and SIGTERM end it at
/// once, with what was measured till then. Runs once. Per token: one search in the bytes, one
/// count in a histogram, no allocation.
package final class BenchRun {
  enum Phase {
    case lookingUp, checking, warmingUp, measuring, over
  }

  /// Connections that come about at a time: more would overrun a server's queue of them, and be
  /// tried again after a second by the kernel.
  private static let mostConnecting = 256
  /// After a request could not even be sent, its place in a closed loop is left empty for so long.
  static let rest = Duration.milliseconds(100)

  var plan: BenchPlan
  let loop = LibUVLoop()
  var phase = Phase.lookingUp
  var outcome = BenchOutcome()
  /// The next request to be sent.
  var next = 0
  var inFlight = 0
  var resting = 0
  /// Warm-up requests to be sent still.
  var warmUpsLeft = 0
  var readyDeadline = Instant.zero
  var isStopping = false
  let retryTimer: any LoopTimer
  let restTimer: any LoopTimer
  private let progressTimer: any LoopTimer
  private let durationTimer: any LoopTimer
  private let security: LoopSecurity?
  private let resumption = TLSResumption()
  private let tell: (BenchProgress) -> Void
  /// Told why, when the server is not ready at first and is asked again.
  package var whenNotReady: ((String) -> Void)?
  private var idle: [BenchConnection] = []
  private var connections: [ObjectIdentifier: BenchConnection] = [:]
  private var connecting = 0
  private var tokenCount = 0
  private var pacer: Pacer?
  /// The bytes of one request at a time.
  private var writing = ByteBuffer()
  private var bodyBytes = ByteBuffer()

  /// A run of `plan`, which tells how far it is as often as the plan says.
  package init(_ plan: BenchPlan, tell: @escaping (BenchProgress) -> Void = { _ in }) {
    precondition(plan.maxConcurrency ?? 1 > 0 && plan.warmUps >= 0)
    self.plan = plan
    self.tell = tell
    security = plan.security.map { [loop] in
      LoopSecurity($0, on: loop, metrics: LoopMetrics())
    }
    retryTimer = loop.makeTimer()
    restTimer = loop.makeTimer()
    progressTimer = loop.makeTimer()
    durationTimer = loop.makeTimer()
  }

  /// Runs to the end.
  package func run() -> BenchOutcome {
    loop.handler = self
    // SIGINT and SIGTERM.
    for signal: Int32 in [2, 15] { loop.watchSignal(signal) }
    prepare()
    loop.run()
    pacer?.stop()
    return outcome
  }

  /// The model that was asked for.
  package var model: String { plan.shape.model }

  // MARK: - The run itself

  /// The server is ready: the clock starts.
  func start() {
    precondition(phase != .measuring && inFlight == 0)
    phase = .measuring
    outcome.start = MonotonicClock.now
    if let offsets = plan.offsets {
      let start = outcome.start
      pacer = Pacer(waker: loop.waker) { number in
        number < offsets.count ? (start + offsets[number]).nanoseconds : nil
      }
    }
    if let duration = plan.duration { durationTimer.arm(after: duration, for: self) }
    if let interval = plan.progressInterval { progressTimer.arm(after: interval, for: self) }
    pump()
  }

  /// Sends what is due and may be sent; ends the run when all is over.
  func pump() {
    guard phase == .measuring else { return }
    let now = MonotonicClock.now
    while !isStopping, mayBegin, next < plan.count {
      let due = plan.offsets.map { outcome.start + $0[next] } ?? now
      if let duration = plan.duration, max(due, now) - outcome.start >= duration {
        isStopping = true
        break
      }
      guard due <= now else { break }
      begin(.measured, number: next, due: due)
      next += 1
      outcome.mostInFlight = max(outcome.mostInFlight, inFlight)
    }
    if inFlight == 0, resting == 0, isStopping || next == plan.count { finish() }
  }

  /// Whether one more request may be begun.
  var mayBegin: Bool {
    inFlight + resting < plan.maxConcurrency ?? .max
      && (!idle.isEmpty || connecting < BenchRun.mostConnecting)
  }

  /// Begins a request on an idle connection, or on a new one.
  func begin(_ purpose: BenchJob.Purpose, number: Int, due: Instant) {
    inFlight += 1
    send(BenchJob(purpose: purpose, number: number, due: due, sent: MonotonicClock.now))
  }

  private func send(_ job: BenchJob) {
    let connection = (job.isRepeated ? nil : idle.popLast()) ?? open()
    connection.begin(job)
  }

  private func open() -> BenchConnection {
    let connection = BenchConnection(for: self, on: loop, plan: plan)
    connections[ObjectIdentifier(connection)] = connection
    connecting += 1
    let stream =
      security?.dial(
        plan.peer, as: .worker, timeout: plan.connectTimeout, resumption: resumption,
        handler: connection)
      ?? loop.connect(
        to: plan.peer, timeout: plan.connectTimeout, options: StreamOptions(), handler: connection)
    connection.attach(stream)
    return connection
  }

  /// Ends the run.
  func finish() {
    phase = .over
    outcome.end = MonotonicClock.now
    for timer in [retryTimer, restTimer, progressTimer, durationTimer] { timer.cancel() }
    for connection in connections.values { connection.abandon() }
    loop.stop()
  }

  private func tellProgress() {
    var progress = BenchProgress()
    progress.done = outcome.records.count
    progress.total = plan.count == .max ? nil : plan.count
    progress.failed = outcome.failures.count
    progress.inFlight = inFlight
    progress.tokens = tokenCount
    progress.elapsed = MonotonicClock.now - outcome.start
    progress.duration = plan.duration
    tell(progress)
  }
}

// MARK: - From connections

extension BenchRun {
  /// A connection is up: write `job`'s request to it.
  func write(_ job: BenchJob, to connection: BenchConnection) {
    writing.removeAll(keepingCapacityUpTo: 1 << 20)
    if job.purpose == .model {
      plan.shape.appendQuestion(for: plan.shape.modelsPath, to: &writing)
      return connection.write(writing.bytes)
    }
    bodyBytes.removeAll(keepingCapacityUpTo: 1 << 20)
    plan.shape.appendBody(of: plan.workload.request(job.number), to: &bodyBytes)
    plan.shape.appendHead(of: job.number, bodyBytes: bodyBytes.count, to: &writing)
    writing.append(bodyBytes.bytes)
    connection.write(writing.bytes)
  }

  func connectionDidOpen(_ connection: BenchConnection) {
    connecting -= 1
    pump()
  }

  func connectionDidClose(_ connection: BenchConnection, wasConnecting: Bool) {
    connections[ObjectIdentifier(connection)] = nil
    if phase == .over { return }
    idle.removeAll { $0 === connection }
    if wasConnecting { connecting -= 1 }
    pump()
  }

  func connection(
    _ connection: BenchConnection, didReceiveTokenAfter gap: Duration?, at now: Instant
  ) {
    guard connection.job?.purpose == .measured else { return }
    tokenCount += 1
    if let gap { outcome.gaps.record(gap) }
    outcome.tokens.record(1, at: now - outcome.start)
  }

  func connection(_ connection: BenchConnection, mustRepeat job: BenchJob) {
    var again = job
    again.isRepeated = true
    send(again)
  }

  func connection(
    _ connection: BenchConnection, didEnd job: BenchJob, _ failure: RequestFailure?,
    wasConnecting: Bool
  ) {
    inFlight -= 1
    if connection.isOpen, phase != .over { idle.append(connection) }
    switch job.purpose {
    case .model: didLookUp(connection, failure)
    case .ready: didCheck(failure)
    case .warmUp: warmUp()
    case .measured:
      record(job, connection, failure)
      if wasConnecting, plan.offsets == nil { restPlace() }
      pump()
    }
  }

  private func record(
    _ job: BenchJob, _ connection: BenchConnection, _ failure: RequestFailure?
  ) {
    let tally = connection.tally
    var record = RequestRecord(
      number: job.number, due: job.due, sent: job.sent, firstToken: tally.firstTokenAt,
      end: MonotonicClock.now,
      inputTokens: tally.usage?.prompt ?? plan.workload.request(job.number).inputTokens)
    record.outputTokens = tally.outputTokens
    record.cachedTokens = tally.usage?.cached ?? 0
    record.failure = failure
    if plan.keepsDetails {
      record.gaps = connection.gaps
      record.text = tally.text ?? ""
    }
    outcome.records.append(record)
    if let failure { outcome.failures.record(failure) }
  }

  /// Leaves a place of a closed loop empty for a while: a server that is gone would else be called
  /// thousands of times a second.
  private func restPlace() {
    resting += 1
    if !restTimer.isArmed { restTimer.arm(after: BenchRun.rest, for: self) }
  }
}

// MARK: - From the loop

extension BenchRun: LoopHandler {
  /// The pacer: something is due.
  package func loopDidWake(_ loop: any Loop) {
    pump()
  }

  /// The user has seen enough.
  package func loop(_ loop: any Loop, didReceiveSignal number: Int32) {
    guard phase != .over else { return }
    let unfinished = phase == .measuring ? inFlight : 0
    if phase != .measuring { outcome.start = MonotonicClock.now }
    outcome.ending = .interrupted(unfinished: unfinished)
    finish()
  }
}

extension BenchRun: LoopTimerHandler {
  package func timerDidFire(_ timer: any LoopTimer) {
    if timer === retryTimer {
      prepare()
    } else if timer === restTimer {
      resting = 0
      pump()
    } else if timer === durationTimer {
      isStopping = true
      pump()
    } else if let interval = plan.progressInterval {
      tellProgress()
      progressTimer.arm(after: interval, for: self)
    }
  }
}
