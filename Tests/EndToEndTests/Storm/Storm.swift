import EventLoop
import KVTransfer
import PDRouter
import Policies
import Simulation
import Vocabulary

/// Router, engines and a crowd of clients on one real loop, while clients hang up and engines fail.
///
/// Runs until every call is over and everything has come to rest, or its patience ends. At any
/// moment one prefill and two decode engines at least do what they are asked. Confined to its loop.
final class Storm {
  private(set) var report = StormReport()
  let plan: StormPlan
  let loop: LibUVLoop
  let engines: [StormEngine]
  var dice: SplitMix64
  private let registry = WorkerRegistry()
  private let router: RouterLoop
  private let watch: SilentWatch?
  private let journal = StormJournal()
  private let oracle: AnswerOracle
  private let address: HostAndPort
  private var clients: [Int: StormClient] = [:]
  private var nextCall = 0
  /// When each client that hung up did so.
  private var departures: [String: Instant] = [:]
  /// About how long each request's answer is.
  private var lengths: [FleetRequest: Int] = [:]
  private let timer: any LoopTimer
  private let misfortuneTimer: any LoopTimer
  private let startedAt: Instant
  private var settlesBy: Instant?

  init(_ plan: StormPlan, _ oracle: AnswerOracle, on loop: LibUVLoop) throws(StreamError) {
    self.plan = plan
    self.loop = loop
    self.oracle = oracle
    dice = SplitMix64(seed: plan.seed)
    timer = loop.makeTimer()
    misfortuneTimer = loop.makeTimer()
    startedAt = loop.now
    report.seed = plan.seed
    let roles =
      Array(repeating: Role.prefill, count: plan.prefillCount)
      + Array(repeating: Role.decode, count: plan.decodeCount)
    var engines: [StormEngine] = []
    for (number, role) in roles.enumerated() {
      let engine = try StormEngine(number, role: role, plan, on: loop)
      engines.append(engine)
      guard let url = try? WorkerURL("http://\(engine.address)") else {
        preconditionFailure("an address is a URL's")
      }
      registry.add(url, role: role)
    }
    self.engines = engines
    router = RouterLoop(
      loop: loop, configuration: Storm.configuration(plan), registry: registry,
      metrics: LoopMetrics(),
      seed: plan.seed)
    router.routeObserver = journal
    watch = plan.isWatched ? SilentWatch(router) : nil
    address = try router.listen(on: HostAndPort(host: "127.0.0.1", port: 0), sharesPort: false)
  }

  private static func configuration(_ plan: StormPlan) -> RouterConfiguration {
    var configuration = RouterConfiguration()
    configuration.policy = .roundRobin
    configuration.isDisaggregated = true
    configuration.timeouts.prefill = plan.prefillTimeout
    configuration.timeouts.request = plan.requestTimeout
    configuration.retries.attempts = plan.attempts
    configuration.limits.retryShare = 2
    configuration.breaker.isOff = !plan.isWatched
    return configuration
  }

  /// Lets the first clients begin.
  func start() {
    for _ in 0..<min(plan.concurrency, plan.callCount) { startCall() }
    timer.arm(after: tick, for: self)
    if let pause = plan.misfortunePause { misfortuneTimer.arm(after: pause, for: self) }
  }

  /// Notes what must not have happened.
  func note(_ fault: String) {
    report.note(fault)
  }

  private func startCall() {
    let number = nextCall
    nextCall += 1
    let request = plan.requests[Int(dice.number(below: UInt64(plan.requests.count)))]
    clients[number] = StormClient(
      number, request,
      plan.manner ?? .draw(leavingPerMille: plan.leavingPerMille, &dice), on: loop, to: address,
      delay: .milliseconds(Int64.random(in: plan.delays, using: &dice)),
      length: lengths[request] ?? 1000
    ) { [unowned self] in clientDidClose($0) }
    if let victim = plan.victim, number == plan.callCount / 4 { engines[victim].engine.kill() }
  }

  private func clientDidClose(_ client: StormClient) {
    clients[client.number] = nil
    if let leftAt = client.leftAt { departures[client.id] = leftAt }
    judge(client)
    if nextCall < plan.callCount { startCall() }
  }

  /// Whether every call has ended.
  private var isAnswered: Bool { clients.isEmpty && nextCall == plan.callCount }
}

// MARK: - Judging

extension Storm {
  private func judge(_ client: StormClient) {
    guard client.leftAt == nil else {
      report.left += 1
      return
    }
    let answers = try? ReceivedAnswer.read(client.bytes, hasEnded: client.hasEnded)
    guard let answer = answers?.last, answers?.count == 1 else {
      report.note("\(client.id) got no answer: \(text(of: client))")
      return
    }
    let right = oracle.answer(to: client.request)
    let got = GeneratedAnswer(answer)
    if !answer.isWhole {
      report.note("\(client.id) was cut off silently: \(text(of: client))")
    } else if answer.status != 200 {
      judgeError(answer, got, client)
    } else if got == right {
      report.right += 1
      lengths[client.request] = client.bytes.count
    } else if answer.isEventStream, got.errorMessage?.isEmpty == false,
      answer.events.last == "[DONE]", isBeginning(got, of: right)
    {
      report.errorEvents += 1
      if got.texts.allSatisfy(\.isEmpty) { report.emptyStreams += 1 }
    } else {
      report.note("\(client.id) got \(got), and not \(right)")
    }
    if let end = journal.ends[client.id], end.status != answer.status {
      report.note("\(client.id) got \(answer.status), the router says \(end.status)")
    }
  }

  private func judgeError(
    _ answer: ReceivedAnswer, _ got: GeneratedAnswer, _ client: StormClient
  ) {
    report.errorAnswers += 1
    report.statuses[answer.status, default: 0] += 1
    if let code = got.errorCode { report.codes[code, default: 0] += 1 }
    if answer.status < 400 || answer.body.isEmpty {
      report.note("\(client.id) got an error that says nothing: \(text(of: client))")
    }
  }

  private func isBeginning(_ got: GeneratedAnswer, of right: GeneratedAnswer) -> Bool {
    zip(got.texts, right.texts).allSatisfy { $1.hasPrefix($0) }
  }

  private func text(of client: StormClient) -> String {
    "\(client.manner) \(client.request.target) '"
      + String(decoding: client.bytes.suffix(300), as: UTF8.self) + "'"
  }
}

// MARK: - The end

extension Storm: LoopTimerHandler {
  func timerDidFire(_ timer: any LoopTimer) {
    if timer === misfortuneTimer {
      guard !isAnswered, let pause = plan.misfortunePause else { return }
      bringMisfortune()
      misfortuneTimer.arm(after: pause, for: self)
      return
    }
    if isAnswered, settlesBy == nil {
      for engine in engines where engine.isAlive { engine.engine.faults.clear() }
      settlesBy = loop.now + .seconds(4)
    }
    if plan.timesHandles {
      for engine in engines where engine.role == .prefill { engine.noteHandles() }
    }
    let isLate = loop.now > settlesBy ?? startedAt + plan.patience
    if isLate || isAnswered && isSettled { end() } else { timer.arm(after: tick, for: self) }
  }

  private var tick: Duration { .milliseconds(plan.timesHandles ? 1 : 10) }

  private var isSettled: Bool {
    router.liveRequests == 0 && router.clientConnections == 0 && router.liveHandles == 0
      && engines.allSatisfy { !$0.isAlive || isAtRest($0) }
  }

  private func isAtRest(_ engine: StormEngine) -> Bool {
    let scheduler = engine.engine.scheduler.figures
    return scheduler.requests == 0 && pinned(on: engine).allSatisfy { excuse($0) != nil }
  }

  /// What is pinned on an engine, or was until nobody had come for it.
  private func pinned(on engine: StormEngine) -> [String] {
    engine.engine.scheduler.exports.liveNames
      + engine.engine.scheduler.exports.names(endedAs: .expired)
  }

  /// Why no router could have given a handle back; nil where one should have.
  private func excuse(_ name: String) -> String? {
    if engines.contains(where: { $0.betrayed.contains { name.contains($0) } }) { return "betrayed" }
    if engines.contains(where: { $0.lostNotices.contains(name) }) { return "notice lost" }
    if journal.cut.contains(where: { name.contains($0) }) { return "cut in flight" }
    return nil
  }

  private func end() {
    judgeRouter()
    for engine in engines { judge(engine) }
    report.ends = journal.ends.count
    report.handles = router.handleCounts
    for engine in engines { noteTimes(of: engine) }
    report.seconds = Double((loop.now - startedAt) / .milliseconds(1)) / 1000
    timer.cancel()
    misfortuneTimer.cancel()
    for client in clients.values { client.leave() }
    watch?.stop()
    router.abort()
    for engine in engines { engine.engine.kill() }
    loop.stop()
  }

  private func judgeRouter() {
    if !isAnswered { report.note("\(clients.count) clients hang, \(nextCall) calls were begun") }
    if router.liveRequests > 0 { report.note("\(router.liveRequests) requests live") }
    noteLeftHandles()
    for worker in registry.workers where worker.requestsInFlight + worker.tokensInFlight != 0 {
      report.note("\(worker.url) is left reserved")
    }
    for id in journal.repeated { report.note("\(id) ended more than once") }
    let counts = router.handleCounts
    if counts.begun != counts.abandoned + counts.empty + counts.held {
      report.note("the ledger lost a prefill: \(counts)")
    }
    if counts.held != counts.settled + router.liveHandles {
      report.note("the ledger lost a handle: \(counts)")
    }
  }

  /// A handle whose every release met a failing engine is left to its lease; those are few, and
  /// what its engine keeps is judged by itself.
  private func noteLeftHandles() {
    guard router.liveHandles > 0 else { return }
    report.excused["left to its lease", default: 0] += router.liveHandles
    if router.liveHandles > report.deaths + 10 {
      report.note("\(router.liveHandles) handles live")
    }
  }

  private func judge(_ engine: StormEngine) {
    report.deaths += engine.lives - 1
    for counts in engine.counts where counts.misuses != counts.expired {
      report.note("\(engine.role) misused: \(counts)")
    }
    guard engine.isAlive else { return }
    let figures = engine.engine.scheduler.figures
    if figures.requests != 0 { report.note("\(engine.role) still works: \(figures)") }
    for name in pinned(on: engine) {
      if let excuse = excuse(name) {
        report.excused[excuse, default: 0] += 1
      } else {
        report.note("\(engine.role) \(engine.address) keeps \(name): \(story(of: name))")
      }
    }
  }

  /// How long a leg outlived its client, and a handle its making.
  private func noteTimes(of engine: StormEngine) {
    for (id, instant) in engine.abandoned {
      guard let leftAt = departures[id] else { continue }
      report.closings[engine.role, default: LatencySample()].add(instant - leftAt)
    }
    for (name, duration) in engine.pinnings
    where departures.keys.contains(where: { name.contains($0) }) {
      report.pinnings.add(duration)
    }
  }

  private func story(of name: String) -> String {
    guard let (id, end) = journal.ends.first(where: { name.contains($0.key) }) else {
      return "never ended"
    }
    return "\(end) \(engines.compactMap { $0.visits[id] })"
  }
}
