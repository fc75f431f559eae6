import EventLoop
import Simulation
import Vocabulary

/// One engine's place in a storm: its ports, and the engines that lived there one after the other.
final class StormEngine {
  let role: Role
  let address: HostAndPort
  private(set) var engine: SimulatedEngine
  private(set) var lives = 1
  /// Ids of the requests that an engine lied about, or read and did nothing for: what becomes of
  /// their blocks is out of everybody's hands.
  private(set) var betrayed: Set<String> = []
  /// What each request found when it reached an engine here.
  private(set) var visits: [String: [String]] = [:]
  /// Ids of the requests whose leg was closed before its end, with the moment.
  private(set) var abandoned: [(id: String, at: Instant)] = []
  /// How long each handle that is gone was seen pinned.
  private(set) var pinnings: [(name: String, Duration)] = []
  private var pinnedSince: [String: Instant] = [:]
  /// Handles of other engines that this one could not send word of.
  private(set) var lostNotices: Set<String> = []
  /// When the engine that lived last was found dead.
  private var diedAt: Instant?
  private let loop: LibUVLoop
  private let configuration: EngineConfiguration
  private let port = HeldPort()
  private let sideChannelPort = HeldPort()
  private var pastCounts: [KVExportCounts] = []

  init(_ number: Int, role: Role, _ plan: StormPlan, on loop: LibUVLoop) throws(StreamError) {
    self.role = role
    self.loop = loop
    var configuration = FleetPlan.smallEngine
    configuration.engineID = "engine-\(number)"
    configuration.sideChannelPort = sideChannelPort.number
    configuration.cost.speed = plan.speed
    configuration.cachesPrefixes = plan.cachesPrefixes
    engine = try SimulatedEngine(
      loop: loop, configuration: configuration,
      listen: HostAndPort(host: "127.0.0.1", port: port.number), created: 1_700_000_000)
    self.configuration = configuration
    address = engine.address
    watch()
  }

  var isAlive: Bool { !engine.isDead }

  /// Whether it does what it is asked: it lives and no fault is in force.
  var isAble: Bool { isAlive && engine.faults.active.isEmpty }

  /// Whether it may be restarted: no serving engine is back within a second of its death, and a
  /// router may take one that answers for the one that it knew.
  var mayRestart: Bool {
    guard !isAlive else { return false }
    guard let diedAt else {
      diedAt = loop.now
      return false
    }
    return loop.now - diedAt >= .seconds(1)
  }

  /// What the exports of all its lives came to.
  var counts: [KVExportCounts] { pastCounts + [engine.scheduler.exports.counts] }

  /// A new engine starts in the place of the dead one, at the same ports under another identity.
  func restart() throws(StreamError) {
    precondition(!isAlive, "a living engine is not restarted")
    engine.kill()
    pastCounts.append(engine.scheduler.exports.counts)
    var next = configuration
    next.engineID += "-life-\(lives + 1)"
    engine = try SimulatedEngine(
      loop: loop, configuration: next, listen: address, created: 1_700_000_000)
    lives += 1
    diedAt = nil
    watch()
  }

  /// Looks which handles are pinned; how long each was follows when it is gone.
  func noteHandles() {
    let names = Set(engine.scheduler.exports.liveNames)
    for name in names where pinnedSince[name] == nil { pinnedSince[name] = loop.now }
    for (name, since) in pinnedSince where !names.contains(name) {
      pinnings.append((name, loop.now - since))
      pinnedSince[name] = nil
    }
  }

  private func watch() {
    engine.whenVisited = { [unowned self] visit in
      guard let id = visit.field("x-request-id") else { return }
      let faults = engine.faults.active.map { "\($0.kind)" }.joined(separator: ", ")
      visits[id, default: []].append("\(role) life \(lives) \(faults)")
      if engine.faults.active.contains(where: { StormEngine.betrays($0.kind) }) {
        betrayed.insert(id)
      }
    }
    engine.whenAbandoned = { [unowned self] id in abandoned.append((id, loop.now)) }
    engine.whenNoticeIsLost = { [unowned self] name in lostNotices.insert(name) }
  }

  private static func betrays(_ fault: EngineFault.Kind) -> Bool {
    switch fault {
    case .lie, .hang: true
    case .status(let status, _, _): status < 500 || status == 503
    default: false
    }
  }
}
