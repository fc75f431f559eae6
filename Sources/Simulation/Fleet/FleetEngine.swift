package import EventLoop
internal import PDRouter
package import Vocabulary

/// One engine's place in a fleet: a host, a name, and the engines that lived there one after the
/// other. Owned by its `SimulatedFleet`.
package final class FleetEngine {
  /// Its host's name.
  package let name: String
  /// What it is for.
  package let role: Role
  /// Where it listens, whoever lives there.
  package let address: HostAndPort
  /// The engine that lives, or lived last.
  package private(set) var engine: SimulatedEngine
  /// Every request that reached it, in order, over all its lives.
  package private(set) var visits: [EngineVisit] = []
  /// Ids of the requests that an engine lied about, refused (as a vLLM engine does it only after
  /// telling prefill, which the fault does not), or read and did nothing for.
  private(set) var betrayed: Set<String> = []
  /// Ids of the requests that it failed without its scheduler, which would have told prefill.
  private(set) var failed: Set<String> = []
  /// Handles of other engines that it could not send word of.
  private(set) var lostNotices: Set<String> = []
  /// Handles of other engines that it asked for in vain, since word was lost on the way.
  private(set) var lostAsks: Set<String> = []
  /// Handles of which this life owed word when it was asked whether it lives.
  private var vouchedFor: Set<String> = []
  /// When this life was asked last whether it lives.
  private var lastVouch: Instant?
  /// What earlier lives owed when they ended.
  private var pastDebts: [Debt] = []

  /// The words that a life owed at its end, those of them that it owed when it was asked whether it
  /// lives, and when it was asked last.
  private typealias Debt = (words: Set<String>, vouchedFor: Set<String>, vouchedAt: Instant)
  /// Whether the machine is gone without a trace: its peers take their connections for alive.
  package private(set) var hasVanished = false
  /// How many engines have lived here.
  package private(set) var lives = 1

  /// The machine.
  package let host: SimulatedHost
  private let template: EngineConfiguration
  private var pastCounts: [KVExportCounts] = []

  /// Starts the first engine.
  ///
  /// - Throws: `StreamError.bindFailed`.
  init(
    name: String, role: Role, world: SimulatedWorld, template: EngineConfiguration
  ) throws(StreamError) {
    self.name = name
    self.role = role
    self.template = template
    host = world.makeHost(name)
    address = HostAndPort(host: name, port: FleetEngine.port)
    engine = try FleetEngine.makeEngine(on: host, template, role, life: 1)
    watch()
  }

  private static let port: UInt16 = 8000
  private static let sideChannelPort: UInt16 = 5600
  /// A date for answers; any will do.
  private static let created = 1_700_000_000

  /// Its URL for the router.
  package var url: String { "http://\(address)" }

  /// Whether an engine lives there now.
  package var isAlive: Bool { host.isAlive && !engine.isDead }

  /// Whether it does what it is asked.
  package var isAble: Bool { isAlive && engine.faults.active.isEmpty && !host.isCutOff }

  /// The handles that the engine here keeps, or kept until nobody had come for them.
  var unclaimed: [String] { engine.unclaimedHandles }

  /// Misuses that an engine's lives have seen, by kind.
  package var counts: [KVExportCounts] { pastCounts + engine.exportCounts }

  /// Handles that ended because nobody came for them.
  package var expiredHandles: Int { counts.reduce(0) { $0 + $1.expired } }

  /// Handles that ended because a decode engine had read them.
  package var consumedHandles: Int { counts.reduce(0) { $0 + $1.consumed } }

  /// Requests for tokens among the visits.
  package var generations: Int { visits.count { $0.target.hasSuffix("/completions") } }

  /// Reads of what was not, or no longer, the reader's to read.
  package var wrongReads: Int { counts.reduce(0) { $0 + $1.misuses - $1.expired } }

  /// The process or the whole machine dies, and its peers see `trace` of it.
  package func kill(leaving trace: CrashTrace = .ends) {
    if host.isAlive {
      hasVanished = trace == .silence
      host.crash(leaving: trace)
    }
    engine.kill()
  }

  /// A new engine starts in the place of the dead one, at the same address under another identity.
  ///
  /// - Throws: `StreamError.bindFailed`.
  package func restart() throws(StreamError) {
    precondition(!isAlive, "\(name) is alive")
    pastCounts += engine.exportCounts
    pastDebts = debts
    if host.isAlive { host.crash(leaving: .ends) }
    _ = host.restart()
    hasVanished = false
    lives += 1
    engine = try FleetEngine.makeEngine(on: host, template, role, life: lives)
    watch()
  }

  private func watch() {
    engine.whenVisited = { [weak self] visit in self?.note(visit) }
    engine.whenNoticeIsLost = { [weak self] name in self?.lostNotices.insert(name) }
    engine.whenAskIsLost = { [weak self] name in self?.lostAsks.insert(name) }
    vouchedFor = []
    lastVouch = nil
  }

  /// Whether it died owing word of the handle, after it had answered for itself: whoever asked was
  /// to believe that it would keep its word.
  ///
  /// It owed it when it answered, or the request was over by one of `ends` and the question, which
  /// came later, overtook it.
  func hasBrokenWord(of name: String, endedAt ends: [Instant]) -> Bool {
    debts.contains { debt in
      debt.words.contains(name)
        && (debt.vouchedFor.contains(name) || ends.contains { debt.vouchedAt >= $0 })
    }
  }

  private var debts: [Debt] {
    guard !isAlive, let lastVouch else { return pastDebts }
    return pastDebts + [(engine.owedWords, vouchedFor, lastVouch)]
  }

  private func note(_ visit: EngineVisit) {
    visits.append(visit)
    if visit.target == "/health" {
      vouchedFor.formUnion(engine.owedWords)
      lastVouch = host.world.now
    }
    guard let id = visit.field("x-request-id") else { return }
    let faults = engine.faults.active.map(\.kind)
    if faults.contains(where: FleetEngine.betrays) { betrayed.insert(id) }
    if faults.contains(where: FleetEngine.failsAtOnce) { failed.insert(id) }
  }

  private static func failsAtOnce(_ fault: EngineFault.Kind) -> Bool {
    switch fault {
    case .status, .malformed: true
    default: false
    }
  }

  private static func betrays(_ fault: EngineFault.Kind) -> Bool {
    switch fault {
    case .lie, .hang: true
    case .status(let status, _, _): status < 500 || status == 503
    default: false
    }
  }

  private static func makeEngine(
    on host: SimulatedHost, _ template: EngineConfiguration, _ role: Role, life: Int
  ) throws(StreamError) -> SimulatedEngine {
    var configuration = template
    configuration.role = role
    configuration.engineID = "\(host.name)-life-\(life)"
    configuration.seed = template.seed &+ UInt64(life) &+ UInt64(host.number) << 32
    configuration.sideChannelHost = host.name
    configuration.sideChannelPort = sideChannelPort
    return try SimulatedEngine(
      loop: host.loop, configuration: configuration,
      listen: HostAndPort(host: host.name, port: port), created: created)
  }
}
