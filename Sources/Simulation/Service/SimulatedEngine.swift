package import EventLoop
package import PDRouter
package import Vocabulary

/// A simulated engine as a server: the scheduler's brain behind real (or simulated) HTTP.
///
/// Runs on any loop, with one port for clients, one for other engines (KV) and, where the dialect
/// has one, a bootstrap port. Confined to its loop. Its answers depend on every prompt token and,
/// when it was handed KV, on that KV alone, so a wrong route or a wrong hand-over shows in the
/// text. With data-parallel ranks it is the first of them, with the ports of all. It dies when its
/// faults or the scheduler say so: every connection is cut and `whenDead` is called once.
package final class SimulatedEngine {
  /// What it is, with the side channel's real port.
  package let configuration: EngineConfiguration
  /// Where it listens, with the real port.
  package let address: HostAndPort
  /// What goes wrong with it.
  package var faults: EngineFaults {
    didSet {
      if faults.killsCore { killCore() }
      for rank in otherRanks { rank.faults = faults }
    }
  }
  /// The brain.
  package private(set) var scheduler: EngineScheduler
  /// Called once when the engine dies by itself.
  package var whenDead: (() -> Void)?
  /// Hears of every request before it is answered, those that a fault strikes included.
  package var whenVisited: ((EngineVisit) -> Void)?
  /// Hears the id of every request whose client left before its answer had ended.
  package var whenAbandoned: ((String) -> Void)?
  /// Hears the name of every handle of another engine's that it could not send word of, or whose
  /// word was under way when it died.
  package var whenNoticeIsLost: ((String) -> Void)?
  /// Hears the name of every handle that it asked for in vain: the question, or the answer to it,
  /// was lost on the way.
  package var whenAskIsLost: ((String) -> Void)?
  /// Whether it has died, or its core has.
  package var isDead: Bool {
    isGone || scheduler.isDead || otherRanks.contains { $0.isDead }
  }
  /// Whether the process has died: nothing answers any more.
  private(set) var isGone = false
  /// The last transfer parameters that the scheduler made.
  private var lastKV: KVParameters?

  let loop: any Loop
  let created: Int
  let reader: EngineRequestReader
  var generator: SplitMix64
  /// The data-parallel ranks after the first, which is this engine itself.
  private(set) var otherRanks: [SimulatedEngine] = []
  /// Where clients connect; nil of a rank after the first.
  private let frontend: Frontend?
  private let channel: SideChannel
  private let channelFrontend: Frontend
  private let bootstrapFrontend: Frontend?
  private let timer: any LoopTimer
  /// Handles of which it was about to send word in the very instant of its death.
  private var unsentWords: Set<String> = []
  /// How many words are under way about each handle.
  private var noticesUnderWay: [String: Int] = [:]
  private var jobs: [EngineRequestID: EngineJob] = [:]
  private var events: [EngineEvent] = []

  /// Opens its ports on `loop`; `created` (seconds since 1970) stamps its answers. Clients are met
  /// with TLS where `security` is given.
  ///
  /// - Throws: `StreamError.bindFailed`.
  package init(
    loop: any Loop, configuration whole: EngineConfiguration, listen: HostAndPort, created: Int,
    security: TransportSecurity? = nil
  ) throws(StreamError) {
    precondition(
      whole.dataParallelSize == 1
        || whole.dataParallelSize > 1 && whole.connector.knowsRanks,
      "engines of this kind have no ranks here")
    let wanted = whole.ofRank(0)
    let endpoint = SideChannelEndpoint()
    channelFrontend = Frontend(
      loop: loop, handler: endpoint, limits: Limits(), timeouts: Timeouts())
    let bound = try channelFrontend.listen(
      on: HostAndPort(host: listen.host, port: wanted.sideChannelPort), sharesPort: false)
    var configuration = wanted
    configuration.sideChannelPort = bound.port
    if wanted.connector.hasBootstrap(wanted.role) {
      let frontend = Frontend(loop: loop, handler: endpoint, limits: Limits(), timeouts: Timeouts())
      configuration.bootstrapPort = try frontend.listen(
        on: HostAndPort(host: listen.host, port: wanted.bootstrapPort), sharesPort: false
      ).port
      bootstrapFrontend = frontend
    } else {
      bootstrapFrontend = nil
    }
    self.configuration = configuration
    var timeouts = Timeouts()
    timeouts.clientIdle = .seconds(5)  // uvicorn's default
    let desk = EngineDesk()
    let frontend = Frontend(loop: loop, handler: desk, limits: Limits(), timeouts: timeouts)
    if let security { frontend.speakTLS(security) }
    address = try frontend.listen(on: listen, sharesPort: false)
    self.frontend = frontend
    self.loop = loop
    self.created = created
    timer = loop.makeTimer()
    channel = SideChannel(loop: loop)
    generator = SplitMix64(seed: wanted.seed ^ 0xE961_4E)
    faults = EngineFaults(seed: wanted.seed)
    scheduler = EngineScheduler(configuration)
    reader = EngineRequestReader(configuration)
    endpoint.engine = self
    desk.engine = self
    frontend.admits = { [weak self] in self?.admitsConnection() ?? false }
    var rest = whole
    rest.bootstrapPort = configuration.bootstrapPort
    if whole.sideChannelPort > 0 { rest.sideChannelPort = configuration.sideChannelPort }
    for number in 1..<max(1, whole.dataParallelSize) {
      otherRanks.append(try makeRank(number, rest))
    }
  }

  /// A rank after the first: a scheduler with a side channel, and no other port.
  ///
  /// - Throws: `StreamError.bindFailed`.
  init(
    rank: Int, of first: SimulatedEngine, _ whole: EngineConfiguration
  ) throws(StreamError) {
    let wanted = whole.ofRank(rank)
    let endpoint = SideChannelEndpoint()
    loop = first.loop
    channelFrontend = Frontend(
      loop: loop, handler: endpoint, limits: Limits(), timeouts: Timeouts())
    var configuration = wanted
    configuration.sideChannelPort = try channelFrontend.listen(
      on: HostAndPort(host: first.address.host, port: wanted.sideChannelPort), sharesPort: false
    ).port
    self.configuration = configuration
    bootstrapFrontend = nil
    frontend = nil
    address = first.address
    created = first.created
    timer = loop.makeTimer()
    channel = SideChannel(loop: loop)
    generator = SplitMix64(seed: wanted.seed ^ 0xE961_4E)
    faults = first.faults
    scheduler = EngineScheduler(configuration)
    reader = EngineRequestReader(configuration)
    endpoint.engine = self
  }

  /// Cuts every connection and stops answering, as a killed process does.
  package func kill() {
    guard !isGone else { return }
    isGone = true
    timer.cancel()
    for name in noticesUnderWay.keys.sorted() { whenNoticeIsLost?(name) }
    noticesUnderWay.removeAll()
    for job in jobs.values { job.exchange.observer = nil }
    jobs.removeAll()
    for rank in otherRanks { rank.kill() }
    frontend?.abort()
    channelFrontend.abort()
    bootstrapFrontend?.abort()
    channel.abort()
  }

  /// Sets faults from the JSON that `POST /fault` takes.
  package func setFaults(json text: String) throws(EngineRefusal) {
    var bytes = ByteBuffer()
    bytes.append(text)
    try faults.set(json: bytes.bytes)
  }

  /// The handles of other engines of which their exporters have yet to hear, by all ranks.
  package var owedWords: Set<String> {
    otherRanks.reduce(scheduler.owedWords.union(unsentWords)) { $0.union($1.owedWords) }
  }

  /// Requests being answered, by all ranks.
  package var liveRequests: Int { otherRanks.reduce(ownRequests) { $0 + $1.ownRequests } }

  /// Requests being answered by this rank.
  var ownRequests: Int { jobs.count }

  /// Dies by its own fault.
  func die() {
    guard !isGone else { return }
    kill()
    whenDead?()
  }

  /// The core dies, its server lives on.
  private func killCore() {
    guard !scheduler.isDead else { return }
    scheduler.kill("the core is dead by a fault")
    pump()
  }

  private func admitsConnection() -> Bool {
    let struck = faults.drawConnection()
    guard !struck.contains(.die(.accept)) else {
      die()
      return false
    }
    return !struck.contains(.refuse)
  }
}

// MARK: - Work

extension SimulatedEngine {
  /// Gives a request to the scheduler; its events go to `job`.
  func submit(_ request: EngineRequest, for job: EngineJob) {
    scheduler.slowFactor = faults.slowFactor
    let id = scheduler.submit(request, now: loop.now)
    job.id = id
    jobs[id] = job
    pump()
  }

  /// The client of `job` has gone.
  func abandon(_ job: EngineJob) {
    guard let id = job.id, jobs.removeValue(forKey: id) != nil else { return }
    whenAbandoned?(job.requestID)
    scheduler.abort(id, now: loop.now)
    pump()
  }

  /// Ends the requests called `requestID`, or all of them, with an abort that their clients are
  /// told of (SGLang).
  func abort(_ requestID: String?) {
    for (id, job) in jobs.sorted(by: { $0.key < $1.key })
    where requestID == nil || job.requestID == requestID {
      scheduler.abort(id, now: loop.now, reports: true)
    }
    pump()
  }

  /// What a faulty prefill answers instead of `truth`, when it is to lie.
  func lie(_ faults: [EngineFault.Kind], about truth: KVParameters) -> KVText? {
    defer { lastKV = truth }
    for case .lie(let lie) in faults { return lie.text(for: truth, last: lastKV) }
    return nil
  }

  /// Notes that a request was refused, with transfer parameters or without.
  func refuse(
    _ body: UnsafeRawBufferPointer, at endpoint: EngineEndpoint, requestID: String
  ) {
    scheduler.refuse(reader.kvParameters(in: body), at: endpoint, requestID: requestID)
    pump()
  }

  /// Answers another engine's message.
  func answer(_ message: SideChannelMessage) -> SideChannelReply {
    let reply = scheduler.answer(message, now: loop.now)
    pump()
    return reply
  }

  /// Runs the brain up to now, passes its events on, and arms the timer for the next one.
  func pump() {
    guard !isGone else { return }
    scheduler.advance(to: loop.now)
    repeat {
      events.removeAll(keepingCapacity: true)
      scheduler.drainEvents(into: &events)
      for event in events {
        if !isGone {
          pass(event)
        } else if case .notice(let notice) = event {
          unsentWords.insert(notice.source.requestID)
        }
      }
    } while !isGone && !events.isEmpty
    guard !isGone else { return }
    guard let next = scheduler.nextWake else {
      timer.cancel()
      return
    }
    timer.arm(after: max(.zero, next - loop.now), for: self)
  }

  private func pass(_ event: EngineEvent) {
    switch event {
    case .token(let token): tell(token.sequence.request, event)
    case .finished(let finish): tell(finish.sequence.request, event)
    case .prefillDone: break
    case .needsRemoteKV(let pull): read(pull)
    case .asks(let ask, let address): send(ask, to: address)
    case .writes(let write, let address): send(write, to: address)
    case .notice(let notice):
      send(notice)
    case .heartbeat(let address, let requestIDs):
      channel.send(.heartbeat(requestIDs: requestIDs), to: address) { [weak self] reply in
        guard let self, !isGone else { return }
        scheduler.heartbeatDidEnd(address, heard: reply != nil, now: loop.now)
        pump()
      }
    case .died:
      guard faults.killsCore else { return die() }
      for id in jobs.keys.sorted() { tell(id, event) }
    }
  }

  private func tell(_ id: EngineRequestID, _ event: EngineEvent) {
    guard let job = jobs[id] else { return }
    switch job.take(event) {
    case .goesOn: break
    case .ended:
      jobs[id] = nil
      scheduler.answerWasWritten(id)
    case .cut:
      jobs[id] = nil
      scheduler.abort(id, now: loop.now)
    case .aborts: scheduler.abort(id, now: loop.now, reports: true)
    // The whole process, also where only its server was left.
    case .died: die()
    }
  }

  private func read(_ pull: KVPull) {
    let message = SideChannelMessage.read(
      engineID: pull.source.engineID, requestID: pull.source.requestID, blockIDs: pull.blockIDs,
      consumer: pull.consumer)
    channel.send(message, to: pull.source.address) { [weak self] reply in
      guard let self, !isDead else { return }
      if case .content(let contents)? = reply {
        scheduler.remoteKVArrived(pull.target, contents: contents, now: loop.now)
      } else {
        // Whoever gave up while this was under way waits for its end to tell the exporter.
        if reply == nil { whenNoticeIsLost?(pull.source.requestID) }
        scheduler.remoteKVFailed(pull.target, now: loop.now)
      }
      pump()
    }
  }

  private func send(_ notice: KVNotice) {
    let name = notice.source.requestID
    noticesUnderWay[name, default: 0] += 1
    channel.send(.notice(requestID: name, reason: notice.reason), to: notice.source.address) {
      [weak self] reply in
      guard let self, !isGone, let count = noticesUnderWay[name] else { return }
      noticesUnderWay[name] = count > 1 ? count - 1 : nil
      if reply == nil { whenNoticeIsLost?(name) }
    }
  }

  private func send(_ ask: KVAsk, to address: HostAndPort) {
    channel.send(.ask(ask), to: address) { [weak self] reply in
      guard let self, !isGone, reply != .done else { return }
      if reply == nil { whenAskIsLost?(ask.name) }
      scheduler.remoteKVFailed(ask.target, now: loop.now)
      pump()
    }
  }

  private func send(_ write: KVWrite, to address: HostAndPort) {
    channel.send(.write(write), to: address) { [weak self] reply in
      guard let self, !isGone else { return }
      scheduler.writeDidEnd(write, accepted: reply.map { $0 == .done }, now: loop.now)
      pump()
    }
  }
}

extension SimulatedEngine: LoopTimerHandler {
  /// The next step, transfer, heartbeat or expiry is due.
  package func timerDidFire(_ timer: any LoopTimer) {
    channel.closeExpired()
    pump()
  }
}
